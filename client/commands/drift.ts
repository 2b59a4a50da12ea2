import type { DriftReport } from '../../contract/drift.ts';
import { flags } from '../cli/flags.ts';
import { driftLines } from '../view/drift.ts';
import { listIn, lookCommand } from './look-command.ts';

export const drift = lookCommand({
  type: 'checkDrift',
  description: [
    'Starts the workflow checkDrift and waits for its answer: images of service and migration job, traffic, the last',
    'verified release. Fails when anything deviates. Changes nothing.',
  ].join(' '),
  arguments: [['[service]', 'only this service', { names: 'services' }]],
  flags: [flags.environment, flags.timeout],
  examples: ['./slipway drift', './slipway drift openagents-runtime --environment production --json'],
  lines: (report, colors) => listIn<DriftReport>(report, 'places').flatMap((place) => driftLines(place, colors)),
});
