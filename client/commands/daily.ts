import { dailyChecksInput } from '../../contract/inputs.ts';
import type { HealthCheck } from '../../contract/live.ts';
import { serviceArgument } from '../cli/flags.ts';
import { checkLine } from '../view/check-line.ts';
import { listIn, lookCommand } from './look-command.ts';

export const daily = lookCommand({
  type: 'dailyChecks',
  name: 'daily',
  schema: dailyChecksInput,
  summary: 'make the daily checks of an environment, and say what is off',
  description: [
    'Starts the workflow dailyChecks and waits for its report. In a cluster: pods, restarts since yesterday,',
    'autoscaler, last smoke Job. On Cloud Run: service, revisions that serve, last migration. Fails when one fails;',
    'a check that could not look (?) is told. Changes nothing. By itself, each day: ./slipway schedules apply.',
  ].join(' '),
  arguments: [serviceArgument],
  examples: [
    './slipway daily openagents-runtime --environment cluster',
    './slipway daily openagents-runtime --environment production --json',
  ],
  lines: (report, colors) => listIn<HealthCheck>(report, 'checks').map((check) => `  ${checkLine(check, colors)}`),
});
