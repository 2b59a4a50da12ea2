import { once } from 'node:events';
import type { CommandModule } from '../cli/command.ts';
import { CommandError } from '../cli/command-error.ts';
import { exitCodes, type ExitCode } from '../cli/exit-codes.ts';

export const worker: CommandModule = {
  description: [
    'Runs one worker; several may run at once. TEMPORAL_ADDRESS or a profile names Temporal, and Application Default',
    'Credentials open Google; without them the live sandbox serves for both. Ctrl-C lets it finish what is under way.',
  ].join(' '),
  examples: [
    './slipway worker',
    'TEMPORAL_ADDRESS=temporal.example.com:7233 ./slipway worker',
    './slipway worker --dir /tmp/another-sandbox',
  ],
  connects: true,
  handlesInterrupt: true,
  run: async ({ output, dir, environment, interrupted }): Promise<ExitCode> => {
    const [{ chooseConnection }, { startWorker, stopProcess }] = await Promise.all([
      import('../api/connection.ts'),
      import('../local/processes.ts'),
    ]);
    const { options, namespace, source } = await chooseConnection(dir, environment);
    output.note(`worker for ${options.address}, namespace ${namespace} (${source})`);
    const child = startWorker(dir, environment);
    const stop = (): void => void stopProcess(child);
    interrupted.addEventListener('abort', stop, { once: true });
    process.once('SIGTERM', stop);
    const [code, signal] = (await once(child, 'exit')) as [number | null, NodeJS.Signals | null];
    if (interrupted.aborted || code === 0) return exitCodes.ok;
    throw CommandError.failed(`the worker ended with ${signal ?? `exit code ${String(code)}`}`, [
      'its last lines above say why',
    ]);
  },
};
