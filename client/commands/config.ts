import type { CommandModule } from '../cli/command.ts';
import { exitCodes } from '../cli/exit-codes.ts';

export const config: CommandModule = {
  description: [
    'Shows the service, the environment, the person and the catalog that are meant where a command is not told, and',
    'the Temporal that it talks to, each with what has set it. A flag goes before a variable, a variable before the',
    'file.',
  ].join(' '),
  examples: ['./slipway config', 'SLIPWAY_ENVIRONMENT=staging ./slipway config -o yaml'],
  connects: true,
  run: async (session) => {
    const [{ effectiveSettings }, { tableLines }] = await Promise.all([
      import('../requests/effective-settings.ts'),
      import('../view/table.ts'),
    ]);
    const { file, settings } = await effectiveSettings(session);
    const { output } = session;
    output.result({ file, settings });
    const rows = Object.entries(settings).map(([name, { value, from }]) => [name, value ?? '', from]);
    for (const line of tableLines(['SETTING', 'VALUE', 'BY'], rows, output.colors)) output.line(line);
    output.note(`the settings file: ${file}`);
    return exitCodes.ok;
  },
};
