import { join } from 'node:path';
import type { ChildSpec } from './child.ts';

const program = join(import.meta.dirname, '..', 'traffic.ts');

/** Steady traffic through the sample web service, so that a bake has something to see. */
export const trafficSpec = (url: string, logs: string): ChildSpec => ({
  name: 'traffic',
  command: process.execPath,
  args: ['--disable-warning=ExperimentalWarning', program, '--url', url],
  stopSignal: 'SIGTERM',
  log: join(logs, 'traffic.log'),
  answers: () => Promise.resolve(true),
});
