import type { SettingsFlags } from '../alerts/settings.ts';
import type { CommandModule } from '../cli/command.ts';
import { flags } from '../cli/flags.ts';
import { parsePort } from '../cli/values.ts';

export interface AlertsOptions extends SettingsFlags {
  catalog?: string;
}

export const alerts: CommandModule<AlertsOptions> = {
  description: [
    'Serves POST /v1/alerts and GET /healthz. An alert belongs to an incident by its labels service and environment',
    'and by its cause. The answer is 2xx once Temporal has stored the alerts, and 5xx where it could not; then',
    'Alertmanager sends them again. Several receivers may run at once. Prints a line for each delivery.',
  ].join(' '),
  flags: [
    ['--port <number>', "where to listen (default: the sandbox's, else 9095)", { parse: parsePort }],
    ['--host <address>', 'where to listen (default: 127.0.0.1)'],
    [
      '--token-file <path>',
      "file of the token that Alertmanager sends (default: SLIPWAY_ALERTS_TOKEN, the sandbox's)",
      { names: 'files' },
    ],
    ['--alertmanager <url>', "where to ask for what a list leaves out (default: SLIPWAY_ALERTMANAGER, the sandbox's)"],
    flags.catalog,
  ],
  examples: [
    './slipway alerts',
    './slipway alerts --port 9095 --token-file /etc/slipway/alerts-token --alertmanager http://alertmanager:9093',
    'SLIPWAY_ALERTS_TOKEN=… ./slipway alerts --host 0.0.0.0 --json',
  ],
  connects: true,
  handlesInterrupt: true,
  run: async (session, options) => {
    const { receiveAlerts } = await import('./receive-alerts.ts');
    return receiveAlerts(session, options);
  },
};
