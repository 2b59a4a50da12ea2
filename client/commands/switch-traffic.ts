import { trafficStates } from '../../contract/disabled-traffic.ts';
import { flags, required } from '../cli/flags.ts';
import { startCommand } from './start-command.ts';

interface Options {
  environment?: string;
  switch?: string;
  to?: string;
}

export const switchTraffic = startCommand({
  type: 'switchTraffic',
  description: [
    'The catalog declares such switches (trafficSwitches). What is disabled stays so until a person enables it, and',
    'environment show says so. No freeze stops it. It waits for who holds the environment.',
  ].join(' '),
  flags: [
    flags.ownEnvironment,
    required(['--switch <name>', 'the switch, as the catalog names it']),
    required(['--to <state>', trafficStates.join(' or '), { names: trafficStates }]),
    required(flags.reason),
  ],
  examples: [
    './slipway switch-traffic openagents-runtime --environment production --switch tool-calls --to disabled ' +
      "--reason 'the provider is down'",
  ],
  environmentOf: ({ environment }: Options) => environment,
  inputOf: ({ environment, switch: name, to }) => ({ environment, switch: name, to }),
});
