import { join } from 'node:path';
import { targetsVariable } from '../../traffic.ts';
import type { TrafficTarget } from '../../traffic.ts';
import type { ChildSpec } from '../child.ts';

const program = join(import.meta.dirname, '..', '..', 'traffic.ts');

/** Describes steady traffic to the sample services, so that a bake has something to see. */
export const trafficSpec = (targets: TrafficTarget[], logs: string): ChildSpec => ({
  name: 'traffic',
  command: process.execPath,
  args: ['--disable-warning=ExperimentalWarning', program],
  env: { ...process.env, [targetsVariable]: JSON.stringify(targets) },
  stopSignal: 'SIGTERM',
  log: join(logs, 'traffic.log'),
  answers: () => Promise.resolve(true),
});
