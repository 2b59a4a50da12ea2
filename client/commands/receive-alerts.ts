import { createFindRest } from '../alerts/alertmanager.ts';
import { deliver } from '../alerts/deliver.ts';
import { eventsOn } from '../alerts/events.ts';
import { createReceiver } from '../alerts/receiver.ts';
import { serveAlerts } from '../alerts/server.ts';
import { settingsOf } from '../alerts/settings.ts';
import { chooseConnection, connectLazily, type Connected } from '../api/connection.ts';
import { translated } from '../api/temporal-errors.ts';
import { CommandError } from '../cli/command-error.ts';
import { exitCodes, type ExitCode } from '../cli/exit-codes.ts';
import { stopRequest } from '../cli/listening.ts';
import type { Output } from '../cli/output.ts';
import type { Session } from '../cli/session.ts';
import { catalogFolder } from '../requests/catalog.ts';
import { createEnvironmentLookUp } from '../requests/environment-look-up.ts';
import type { AlertsOptions } from './alerts.ts';

/** Receives alerts until it is stopped. */
export async function receiveAlerts(session: Session, options: AlertsOptions): Promise<ExitCode> {
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
  const server = await serveAlerts({ receiver, ...settings });
  output.line(`alerts at ${server.url}`);
  output.event({ event: 'listening', url: server.url, temporal: choice.options.address });
  await noteUnreachable(output, temporal);
  await stopped;
  output.note('finishing what is under way');
  await server.close();
  await temporal.close();
  return exitCodes.ok;
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
