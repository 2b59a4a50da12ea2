import type { CommandModule } from '../../cli/command.ts';
import { exitCodes } from '../../cli/exit-codes.ts';

export const downCommand: CommandModule = {
  examples: ['./slipway sandbox down', './slipway sandbox down --dir /tmp/another-sandbox'],
  connects: true,
  run: async ({ output, dir, environment }) => {
    const { down } = await import('../../../sandbox/up.ts');
    const folder = dir ?? environment['SLIPWAY_SANDBOX_DIR'];
    const stopped = await down({ ...(folder === undefined ? {} : { dir: folder }), say: (line) => output.note(line) });
    output.result({ stopped });
    output.line(stopped ? 'stopped' : 'no sandbox was up');
    return exitCodes.ok;
  },
};
