import type { CommandModule } from '../../cli/command.ts';
import { exitCodes } from '../../cli/exit-codes.ts';

export const statusCommand: CommandModule = {
  description: 'Fails when a part is not alive or does not answer.',
  examples: ['./slipway sandbox status', './slipway sandbox status --json'],
  connects: true,
  run: async (session) => {
    const [{ status }, { runningSandbox }, { sandboxLines }] = await Promise.all([
      import('../../../sandbox/up.ts'),
      import('../../local/sandbox-control.ts'),
      import('../../view/sandbox.ts'),
    ]);
    const { output, dir, environment } = session;
    const folder = dir ?? environment['SLIPWAY_SANDBOX_DIR'];
    const found = (await status(folder === undefined ? {} : { dir: folder })) ?? {
      description: await runningSandbox(session),
      parts: [],
    };
    const { red, green, dim } = output.colors;
    output.result(found);
    for (const line of sandboxLines(found.description, output.colors)) output.line(line);
    for (const { part, pid, alive, answers } of found.parts) {
      const state = alive && answers !== false ? green('up') : red(alive ? 'does not answer' : 'dead');
      output.line(`  ${part.padEnd(12)} ${state} ${dim(`pid ${pid}`)}`);
    }
    return found.parts.every(({ alive, answers }) => alive && answers !== false) ? exitCodes.ok : exitCodes.failed;
  },
};
