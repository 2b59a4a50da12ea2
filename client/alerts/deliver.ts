import type { Client } from '@temporalio/client';
import { driftCheckWorkflowId, taskQueue } from '../../contract/ids.ts';
import { maxEpisodes, type Episode } from '../../contract/incident/episode.ts';
import { incidentInputOf } from '../../contract/incident/input-of-alerts.ts';
import type { CheckDriftInput, IncidentInput } from '../../contract/inputs.ts';
import { messageNames, type AlertsPayload } from '../../contract/messages.ts';
import { workflowTypes } from '../../contract/workflow-types.ts';
import { RunNotFound } from '../api/errors.ts';
import { translated } from '../api/temporal-errors.ts';
import type { Delivery } from './delivery-queue.ts';

/** Limits one call to Temporal. It may outlive the answer to Alertmanager, so that slow is not never. */
const callTimeoutMs = 5_000;

/** Tells where alerts went: to their incident or check, or nowhere, since all had ended and no incident runs. */
export type Delivered = 'signalled' | 'noIncident';

/**
 * Gives alerts to their incident, and opens it where none runs. It is fulfilled once Temporal has stored them. Throws
 * what `translated` throws.
 */
export async function deliver(client: Client, delivery: Delivery): Promise<Delivered> {
  const { id, service, environment, opens } = delivery;
  if (id === driftCheckWorkflowId(service, environment)) return opens ? startCheck(client, delivery) : 'noIncident';
  let delivered: Delivered = 'signalled';
  for (const episodes of chunksOf(delivery.episodes)) {
    const call = delivery.opens
      ? openOrSignal(client, delivery, episodes)
      : signalRunning(client, delivery.id, episodes);
    delivered = await call;
  }
  return delivered;
}

async function openOrSignal(client: Client, delivery: Delivery, episodes: Episode[]): Promise<Delivered> {
  const { id, service, environment } = delivery;
  const input: IncidentInput = { ...incidentInputOf(delivery, delivery.episodes), alerts: episodes };
  const payload: AlertsPayload = { episodes };
  await calling(client, async () =>
    client.workflow.signalWithStart(workflowTypes.incident, {
      workflowId: id,
      taskQueue,
      args: [input],
      signal: messageNames.alerts,
      signalArgs: [payload],
      // An incident that has ended does not come back: its alert opens the next one.
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      workflowIdConflictPolicy: 'USE_EXISTING',
      staticSummary: `${workflowTypes.incident} ${service} ${environment}`,
    }),
  );
  return 'signalled';
}

/** Starts a drift check; one that runs already will do. A check changes nothing, so a repeat does no harm. */
async function startCheck(client: Client, { id, service, environment }: Delivery): Promise<Delivered> {
  const input: CheckDriftInput = { service, environment };
  await calling(client, async () =>
    client.workflow.start(workflowTypes.checkDrift, {
      workflowId: id,
      taskQueue,
      args: [input],
      workflowIdReusePolicy: 'ALLOW_DUPLICATE',
      workflowIdConflictPolicy: 'USE_EXISTING',
      staticSummary: `${workflowTypes.checkDrift} ${service} ${environment}, by an alert`,
    }),
  );
  return 'signalled';
}

async function signalRunning(client: Client, id: string, episodes: Episode[]): Promise<Delivered> {
  const payload: AlertsPayload = { episodes };
  try {
    await calling(client, async () => client.workflow.getHandle(id).signal(messageNames.alerts, payload));
    return 'signalled';
  } catch (error) {
    if (error instanceof RunNotFound) return 'noIncident';
    throw error;
  }
}

async function calling<T>(client: Client, call: () => Promise<T>): Promise<T> {
  return translated(async () => client.withDeadline(Date.now() + callTimeoutMs, call));
}

function chunksOf(episodes: readonly Episode[]): Episode[][] {
  const count = Math.ceil(episodes.length / maxEpisodes);
  return Array.from({ length: count }, (_, index) => episodes.slice(index * maxEpisodes, (index + 1) * maxEpisodes));
}
