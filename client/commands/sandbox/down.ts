import type { CommandModule } from '../../cli/command.ts';
import { exitCodes } from '../../cli/exit-codes.ts';

export const downCommand: CommandModule = {
  examples: ['./slipway sandbox down', './slipway sandbox down --dir /tmp/another-sandbox'],
  connects: true,
  run: async ({ output, dir }) => {
    const { down } = await import('../../../sandbox/up.ts');
    const stopped = await down({ ...(dir === undefined ? {} : { dir }), say: (line) => output.note(line) });
    output.result({ stopped });
    output.line(stopped ? 'stopped' : 'no sandbox was up');
    return exitCodes.ok;
  },
};
