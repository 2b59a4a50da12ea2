import type { HealthCheck } from '../../contract/live.ts';
import { flags, serviceArgument } from '../cli/flags.ts';
import { listIn, lookCommand } from './look-command.ts';

export const daily = lookCommand({
  type: 'dailyChecks',
  description: [
    'Starts the workflow dailyChecks and waits for its report. In a cluster: pods, restarts since yesterday,',
    'autoscaler, last smoke Job. On Cloud Run: service, revisions that serve, last migration. Fails when one fails;',
    'a check that could not look (?) is told. Changes nothing. By itself, each day: ./slipway schedules apply.',
  ].join(' '),
  arguments: [serviceArgument],
  flags: [flags.ownEnvironment, flags.timeout],
  examples: [
    './slipway daily openagents-runtime --environment cluster',
    './slipway daily openagents-runtime --environment production --json',
  ],
  lines: async (report, colors) => {
    const { checkLine } = await import('../view/check-line.ts');
    return listIn<HealthCheck>(report, 'checks').map((check) => `  ${checkLine(check, colors)}`);
  },
});
