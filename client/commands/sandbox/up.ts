import type { CommandModule } from '../../cli/command.ts';
import { CommandError } from '../../cli/command-error.ts';
import { exitCodes } from '../../cli/exit-codes.ts';
import { sandboxHasEnded } from '../../local/sandbox-control.ts';

interface Options {
  dir?: string;
  detach?: boolean;
  empty?: boolean;
  services?: string;
  with?: string;
}

export const upCommand: CommandModule<Options> = {
  description: [
    'Starts Temporal with its UI, PostgreSQL, the cloud, the sample services and steady traffic.',
    'The file .slipway/sandbox.json says where each part listens. The state survives a stop.',
  ].join(' '),
  flags: [
    ['--detach', 'leave it running'],
    ['--empty', 'without the sample services and their traffic'],
    ['--services <names>', 'only these sample services (and those that they need), separated by commas'],
    [
      '--with <parts>',
      'further parts, separated by commas: monitoring (Prometheus and Alertmanager; ' +
        'built once, in three to six minutes), kubernetes (a cluster; built once, in four to six minutes)',
      { names: ['monitoring', 'kubernetes'] },
    ],
  ],
  examples: [
    './slipway sandbox up',
    './slipway sandbox up --detach --json',
    './slipway sandbox up --with monitoring',
    './slipway sandbox up --with kubernetes --empty',
    './slipway sandbox up --dir /tmp/another-sandbox',
  ],
  connects: true,
  handlesInterrupt: true,
  run: async ({ output, dir, environment, interrupted }, { detach = false, empty = false, services, with: parts }) => {
    const [{ bringUp }, { sandboxLines }] = await Promise.all([
      import('../../local/sandbox-lifecycle.ts'),
      import('../../view/sandbox.ts'),
    ]);
    const running = await bringUp(output, {
      dir: dir ?? environment['SLIPWAY_SANDBOX_DIR'],
      detach,
      empty,
      services: services?.split(','),
      interrupted,
      parts: parts?.split(',') ?? [],
    });
    output.result(running.description);
    for (const line of sandboxLines(running.description, output.colors)) output.line(line);
    if (!running.started) output.note('it was up already');
    if (detach || !running.started) return exitCodes.ok;
    output.note('Ctrl-C stops it');
    const stopRequest = new Promise<'stop'>((resolve) => {
      interrupted.addEventListener('abort', () => resolve('stop'), { once: true });
      process.once('SIGTERM', () => resolve('stop'));
    });
    if ((await Promise.race([stopRequest, running.ended.then(() => 'ended' as const)])) === 'stop') {
      output.note('stopping');
      await running.stop();
      return exitCodes.ok;
    }
    throw CommandError.failed(sandboxHasEnded, [`its logs: ${running.description.dir}/logs`]);
  },
};
