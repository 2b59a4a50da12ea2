import { flags } from '../cli/flags.ts';
import { cleanLine } from '../cli/text.ts';
import { listIn, lookCommand } from './look-command.ts';

interface Place {
  service: string;
  environment: string;
  problems: string[];
}

export const drift = lookCommand({
  type: 'checkDrift',
  description: [
    'Starts the workflow checkDrift and waits for its answer: images of service and migration job, traffic, the last',
    'verified release. Fails when anything deviates. Changes nothing.',
  ].join(' '),
  arguments: [['[service]', 'only this service']],
  flags: [flags.environment],
  examples: ['./slipway drift', './slipway drift openagents-runtime --environment production --json'],
  lines: (report) =>
    listIn<Place>(report, 'places').map(
      ({ service, environment, problems }) =>
        `  ${cleanLine(`${service} in ${environment}: ${problems.join('; ') || 'no drift'}`)}`,
    ),
});
