import type { CommandModule } from '../../cli/command.ts';

export interface SetupFlags {
  dryRun?: boolean;
}

export const setup: CommandModule<SetupFlags> = {
  description: [
    'Makes the list of runs in the Temporal UI a dashboard. It creates the search attributes that the namespace lacks,',
    'where the server lets it. Views and columns are kept by each browser: it prints a link for each view, which adds',
    'it to the saved views, and how to set the columns.',
  ].join(' '),
  flags: [['--dry-run', 'say what would be created, and create nothing']],
  examples: ['./slipway ui setup', './slipway ui setup --dry-run --json'],
  connects: true,
  run: async (session, options) => {
    const { setUpUi } = await import('./set-up-ui.ts');
    return setUpUi(session, options);
  },
};
