import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { defaultPayloadConverter } from '@temporalio/common';
import { TestWorkflowEnvironment } from '@temporalio/testing';
import type { Episode } from '../../contract/incident/episode.ts';
import { incidentInput, type IncidentInput } from '../../contract/inputs.ts';
import { alertsPayload, messageNames } from '../../contract/messages.ts';
import { obtain } from '../../sandbox/servers/obtain.ts';
import { temporalCli } from '../../sandbox/servers/temporal.ts';
import { freePort } from '../sandbox/postgres.ts';
import { logErrorsOnly } from '../temporal-server.ts';

/** What Temporal has stored of an incident: no worker is needed to read it. */
export interface StoredIncident {
  runId: string;
  status: string;
  input: IncidentInput;
  /** The episodes of each message. */
  messages: Episode[][];
}

export interface Temporal {
  address: string;
  environment: TestWorkflowEnvironment;
  /** The newest run with this id; undefined if there is none. */
  incident(id: string): Promise<StoredIncident | undefined>;
  /** Runs that there ever were of this id. */
  runsOf(id: string): Promise<number>;
  /** Ids of all incidents that run. */
  running(): Promise<string[]>;
  /** Stops the server and keeps what it has stored. */
  stop(): Promise<void>;
  /** Starts it again at its address. */
  start(): Promise<void>;
  close(): Promise<void>;
}

/** A real Temporal server with its state in a file, so that it survives a restart. */
export async function startTemporal(): Promise<Temporal> {
  logErrorsOnly();
  const folder = await mkdtemp(path.join(tmpdir(), 'slipway-alerts-'));
  const executable = { type: 'existing-path', path: await obtain(temporalCli, () => undefined) } as const;
  const port = await freePort();
  const dbFilename = path.join(folder, 'temporal.db');
  // The sandbox's own: without them each write waits for the disk.
  const extraArgs = ['--sqlite-pragma', 'journal_mode=wal', '--sqlite-pragma', 'synchronous=normal'];
  const start = async () =>
    TestWorkflowEnvironment.createLocal({ server: { executable, port, dbFilename, extraArgs } });
  let environment = await start();
  let isUp = true;
  return {
    address: `127.0.0.1:${port}`,
    get environment() {
      return environment;
    },
    incident: async (id) => read(environment, id),
    runsOf: async (id) => {
      const runs = new Set<string>();
      for await (const { runId } of environment.client.workflow.list({ query: `WorkflowId = "${id}"` }))
        runs.add(runId);
      return runs.size;
    },
    running: async () => {
      const ids: string[] = [];
      const query = 'WorkflowType = "incident" AND ExecutionStatus = "Running"';
      for await (const { workflowId } of environment.client.workflow.list({ query })) ids.push(workflowId);
      return ids;
    },
    stop: async () => {
      isUp = false;
      await environment.teardown();
    },
    start: async () => {
      environment = await start();
      isUp = true;
    },
    close: async () => {
      if (isUp) await environment.teardown();
      await rm(folder, { recursive: true });
    },
  };
}

async function read({ client }: TestWorkflowEnvironment, id: string): Promise<StoredIncident | undefined> {
  const handle = client.workflow.getHandle(id);
  const description = await handle.describe().catch(() => undefined);
  if (!description) return undefined;
  const { events } = await client.workflow.getHandle(id, description.runId).fetchHistory();
  const started = events?.[0]?.workflowExecutionStartedEventAttributes?.input?.payloads?.[0];
  const signals = (events ?? []).flatMap(({ workflowExecutionSignaledEventAttributes: signal }) =>
    signal?.signalName === messageNames.alerts ? signal : [],
  );
  return {
    runId: description.runId,
    status: description.status.name,
    // Strictly, as the incident will read them.
    input: incidentInput.parse(defaultPayloadConverter.fromPayload(started!)),
    messages: signals.map(
      ({ input }) => alertsPayload.parse(defaultPayloadConverter.fromPayload(input!.payloads![0]!)).episodes,
    ),
  };
}
