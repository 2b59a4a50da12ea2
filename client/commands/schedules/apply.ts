import type { CommandModule } from '../../cli/command.ts';
import { flags } from '../../cli/flags.ts';

export interface ApplyFlags {
  catalog?: string;
  dryRun?: boolean;
}

export const apply: CommandModule<ApplyFlags> = {
  description: [
    "Creates, updates and deletes Temporal Schedules in the namespace, so that they are the field 'schedules' of the",
    "catalog's environments: daily checks and drift checks. It deletes only schedules that it has made itself, and a",
    'paused one stays paused. Run it again after each edit of the catalog; twice is as good as once.',
  ].join(' '),
  flags: [['--dry-run', 'say what would be done, and do nothing'], flags.catalog],
  examples: ['./slipway schedules apply --dry-run', './slipway schedules apply --catalog catalog --json'],
  connects: true,
  run: async (session, options) => {
    const { applyCatalog } = await import('./apply-catalog.ts');
    return applyCatalog(session, options);
  },
};
