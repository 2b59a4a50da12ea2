import { join } from 'node:path';
import type { ChildSpec } from '../child.ts';
import type { Ports } from '../ports.ts';

export const cloudProject = 'slipway-sandbox';
export const cloudRegion = 'us-central1';

const program = join(import.meta.dirname, '..', '..', 'cloud', 'main.ts');
const askWithinMs = 2_000;

/** Names the folder in which the emulator keeps everything. */
export const cloudFolderOf = (dir: string): string => join(dir, 'cloud');

/** Names the file of the emulator's call log. */
export const callLogOf = (dir: string): string => join(cloudFolderOf(dir), 'calls.jsonl');

export const cloudAnswers = (url: string): Promise<boolean> =>
  fetch(new URL('/sandbox/health', url), { signal: AbortSignal.timeout(askWithinMs) }).then(
    ({ ok }) => ok,
    () => false,
  );

/** Describes the cloud emulator: one process, which starts the processes of services and tasks itself. */
export const cloudSpec = (dir: string, logs: string, ports: Ports): ChildSpec => ({
  name: 'cloud emulator',
  command: process.execPath,
  args: [
    ...['--disable-warning=ExperimentalWarning', program],
    ...['--dir', cloudFolderOf(dir), '--git-dir', join(dir, 'repos')],
    ...['--grpc-port', String(ports.cloudGrpc), '--http-port', String(ports.cloudHttp)],
  ],
  stopSignal: 'SIGTERM',
  log: join(logs, 'cloud.log'),
  answers: () => cloudAnswers(`http://127.0.0.1:${ports.cloudHttp}`),
});
