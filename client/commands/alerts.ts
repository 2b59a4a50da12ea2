import { once } from 'node:events';
import { createFindRest } from '../alerts/alertmanager.ts';
import { deliver } from '../alerts/deliver.ts';
import { eventsOn } from '../alerts/events.ts';
import { createReceiver } from '../alerts/receiver.ts';
import { serveAlerts } from '../alerts/server.ts';
import { settingsOf, type Settings, type SettingsFlags } from '../alerts/settings.ts';
import { chooseConnection, connectLazily, type Connected } from '../api/connection.ts';
import { translated } from '../api/temporal-errors.ts';
import { CommandError } from '../cli/command-error.ts';
import type { CommandModule } from '../cli/command.ts';
import { exitCodes } from '../cli/exit-codes.ts';
import { flags } from '../cli/flags.ts';
import type { Output } from '../cli/output.ts';
import { catalogFolder } from '../requests/catalog.ts';
import { createEnvironmentLookUp } from '../requests/environment-look-up.ts';

interface Options extends SettingsFlags {
  catalog?: string;
}

export const alerts: CommandModule<Options> = {
  summary: "receive Alertmanager's webhook and open incidents, until stopped",
  description: [
    'Serves POST /v1/alerts and GET /healthz. An alert belongs to an incident by its labels service and environment',
    'and by its cause. The answer is 2xx once Temporal has stored the alerts, and 5xx where it could not; then',
    'Alertmanager sends them again. Several receivers may run at once. Prints a line for each delivery.',
  ].join(' '),
  flags: [
    ['--port <number>', "where to listen (default: the sandbox's, else 9095)"],
    ['--host <address>', 'where to listen (default: 127.0.0.1)'],
    ['--token-file <path>', "file of the token that Alertmanager sends (default: SLIPWAY_ALERTS_TOKEN, the sandbox's)"],
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
    const { output, dir, environment, interrupted } = session;
    const choice = await chooseConnection(dir, environment);
    const settings = await settingsOf(session, options, choice.options.address);
    const folder = catalogFolder(options.catalog, environment);
    const catalog = createEnvironmentLookUp(folder, { dir, environment });
    await catalog().catch((error: NodeJS.ErrnoException) => {
      throw CommandError.notFound(`${folder} cannot be read: ${error.code ?? error.message}`, [
        './slipway catalog check',
      ]);
    });
    const temporal = connectLazily(choice, 'slipway-alerts');
    const receiver = createReceiver({
      deliver: async (delivery) => deliver(temporal.client, delivery),
      catalog,
      findRest: settings.alertmanager === null ? null : createFindRest(settings.alertmanager),
      events: eventsOn(output),
    });
    const stopped = stopRequest(interrupted);
    const server = await serveAlerts({ receiver, ...settings }).catch((error: NodeJS.ErrnoException) => {
      throw cannotListen(settings, error);
    });
    output.line(`alerts at ${server.url}`);
    output.event({ event: 'listening', url: server.url, temporal: choice.options.address });
    await noteUnreachable(output, temporal);
    await stopped;
    output.note('finishing what is under way');
    await server.close();
    await temporal.close();
    return exitCodes.ok;
  },
};

function cannotListen({ host, port }: Settings, { code, message }: NodeJS.ErrnoException): CommandError {
  return code === 'EADDRINUSE'
    ? CommandError.failed(`port ${port} of ${host} is taken by another process`, ['give another one with --port'])
    : CommandError.failed(`cannot listen at ${host}:${port}: ${code ?? message}`);
}

/** Says that Temporal does not answer. The receiver runs on: whoever sends to it gets 503 until Temporal is there. */
async function noteUnreachable(output: Output, { client, options }: Connected): Promise<void> {
  const ask = async (): Promise<unknown> => client.workflowService.getSystemInfo({});
  await translated(async () => client.withDeadline(Date.now() + 3_000, ask)).catch((error: unknown) => {
    const reason = error instanceof Error ? error.message : String(error);
    output.note(`cannot reach Temporal at ${options.address} yet, alerts get 503 until it answers: ${reason}`);
    output.event({ event: 'unreachable', temporal: options.address, reason });
  });
}

async function stopRequest(interrupted: AbortSignal): Promise<void> {
  const terminated = once(process, 'SIGTERM');
  const aborted = interrupted.aborted ? Promise.resolve() : once(interrupted, 'abort');
  await Promise.race([terminated, aborted]);
}
