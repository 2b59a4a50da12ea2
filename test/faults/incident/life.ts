import { randomUUID } from 'node:crypto';
import { inspect } from 'node:util';
import { WorkflowUpdateFailedError, type WorkflowHandle } from '@temporalio/client';
import { environmentWorkflowId, incidentWorkflowId, taskQueue } from '../../../contract/ids.ts';
import type { Episode } from '../../../contract/incident/episode.ts';
import type { IncidentResult, IncidentStatus } from '../../../contract/incident/status.ts';
import { messageNames, queryNames, type IncidentMessage } from '../../../contract/messages.ts';
import type { TimelineEntry } from '../../../contract/status.ts';
import type { Estate, Place } from '../../end-to-end/estate.ts';
import { owner } from '../../end-to-end/runs.ts';
import type { TestSandbox } from '../../end-to-end/sandbox.ts';
import type { WorkerProcess } from '../../end-to-end/worker-process.ts';
import { eventually } from '../../until.ts';
import { HistoryWatch, namesOf } from './history.ts';
import type { Expected, IncidentRecord, Outage } from './judge.ts';
import { Outside } from './outside.ts';

type IncidentHandle = WorkflowHandle<(input: unknown) => Promise<IncidentResult>>;

const alertName = 'OpenAgentsRuntimeStreamCompletionRatioLow';
const acknowledgeWithinMs = 6_000;
const updateEveryMs = 9_000;
const quietMs = 3_000;
/** Longer than the server, a worker and a busy machine need for anything. */
const patienceMs = 240_000;

/** What is asked of every life. */
export const expected: Expected = {
  looks: [
    ...['alerts', 'serving', 'health', 'routes', 'database', 'errors', 'usual failures', 'ids', 'error rate'],
    ...['stream sessions', 'stream outcomes', 'run ends', 'completion ratio', 'cancelled streams'],
  ],
  acknowledgeWithinMs,
  updateEveryMs,
  told: 2,
};

/**
 * One incident from its alert to its end: a bad release, an alert that fires, nobody who acknowledges in time, then a
 * person who does, tells people, rolls back and resolves. Its worker is a process that may be killed at any moment.
 */
export class IncidentLife {
  readonly outside: Outside;
  private readonly sandbox: TestSandbox;
  private readonly estate: Estate;
  private readonly episode: Episode;
  private readonly outages: Outage[] = [];
  private worker: WorkerProcess;

  private constructor(sandbox: TestSandbox, outside: Outside, estate: Estate, worker: WorkerProcess) {
    this.sandbox = sandbox;
    this.outside = outside;
    this.estate = estate;
    this.worker = worker;
    this.episode = {
      fingerprint: 'a1b2c3',
      startsAt: new Date().toISOString(),
      endsAt: null,
      status: 'firing',
      name: alertName,
      severity: 'sev2',
      summary: 'less than 90 % of the streams come to their end',
      generatorUrl: '',
    };
  }

  /** Releases what is going to be rolled back. */
  static async prepare(sandbox: TestSandbox, name: string): Promise<IncidentLife> {
    const outside = await new Outside().open();
    const estate = await sandbox.estate({ name, place: (place) => withIncidents(place, outside) });
    const worker = await startWorker(sandbox, outside);
    await sandbox.runs.complete('deploy', estate.input('good'));
    return new IncidentLife(sandbox, outside, estate, worker);
  }

  get workflowId(): string {
    return incidentWorkflowId(this.estate.name, this.estate.environment, 'stream-completion');
  }

  /** Watches the events of the incident, or of its environment. */
  watch(of: 'incident' | 'environment' = 'incident'): HistoryWatch {
    const { name, environment } = this.estate;
    const workflowId = of === 'incident' ? this.workflowId : environmentWorkflowId(name, environment);
    return new HistoryWatch(this.sandbox.runs.client, workflowId);
  }

  /** Has the alert fire and opens the incident, as the receiver does. */
  async begin(): Promise<void> {
    const { name: service, environment } = this.estate;
    const { fingerprint, startsAt, name: alertname, severity } = this.episode;
    this.outside.fire({ fingerprint, startsAt, labels: { alertname, service, environment, severity } });
    const input = {
      service,
      environment,
      title: 'streams do not end',
      openedBy: 'alertmanager',
      alerts: [this.episode],
    };
    const { workflowId } = this;
    await this.sandbox.runs.client.workflow.start('incident', { taskQueue, workflowId, args: [input] });
    await this.tell('alerts', { episodes: [this.episode] });
  }

  /** Does what people do, each as soon as it is time, and waits for the end. */
  async end(): Promise<IncidentRecord> {
    await this.until('nobody has acknowledged', ({ escalations }) => escalations > 0);
    await this.say('acknowledge', {});
    await this.say('communicate', { text: 'streams break off; we roll back' });
    await this.say('mitigate', {});
    await this.until(
      'it was rolled back',
      ({ mitigations }) => mitigations[0]?.endedAt !== null && mitigations.length > 0,
    );
    await this.untilOverdue();
    this.outside.fire();
    const endsAt = new Date().toISOString();
    await this.tell('alerts', { episodes: [{ ...this.episode, status: 'resolved', endsAt }] });
    await this.say('resolve', {});
    await this.until('it is over', ({ outcome }) => outcome !== null);
    return this.record();
  }

  /** SIGKILL; nobody works for so long, then another worker takes over. */
  async killWorker(awayMs = 0): Promise<void> {
    const from = new Date().toISOString();
    await this.worker.kill();
    this.outside.release();
    if (awayMs > 0) await new Promise((resolve) => setTimeout(resolve, awayMs));
    this.worker = await startWorker(this.sandbox, this.outside);
    this.outages.push({ from, to: new Date().toISOString() });
  }

  /** Keeps in mind that no server answered while something was done. */
  async withoutServer(work: () => Promise<void>): Promise<void> {
    const from = new Date().toISOString();
    await work();
    this.outside.release();
    this.outages.push({ from, to: new Date().toISOString() });
  }

  async close(): Promise<void> {
    await this.worker.kill();
    this.outside.close();
    await this.estate.remove();
  }

  private get run(): IncidentHandle {
    return this.sandbox.runs.client.workflow.getHandle(this.workflowId);
  }

  private say(message: IncidentMessage, payload: object): Promise<void> {
    return this.tell(message, { by: owner, ...payload });
  }

  /** Sends a message until it is answered. Whoever gets no answer sends the same again. */
  private async tell(message: IncidentMessage | 'alerts', payload: object): Promise<void> {
    const updateId = randomUUID();
    await eventually(
      `${message} is heard`,
      () =>
        this.soon(() => this.run.executeUpdate(messageNames[message], { args: [payload], updateId })).then(
          () => true,
          (error: unknown) => {
            if (error instanceof WorkflowUpdateFailedError) throw error;
            return false;
          },
        ),
      patienceMs,
    );
  }

  private async until(what: string, predicate: (status: IncidentStatus) => boolean): Promise<void> {
    const look = () => this.ask<IncidentStatus>(queryNames.status).then(predicate, () => false);
    await eventually(what, look, patienceMs).catch(async (error: unknown) => {
      const timeline = await this.ask<TimelineEntry[]>(queryNames.timeline).catch(() => []);
      const lines = timeline.map(({ at, what: line }) => `${at} ${line}`).join('\n');
      throw new Error(`not so far:\n${lines}\n${await this.mitigationNow()}`, { cause: error });
    });
  }

  /** Says what became of the mitigation, for whoever waits for it: its state, its tasks under way, its status. */
  private async mitigationNow(): Promise<string> {
    const child = this.sandbox.runs.client.workflow.getHandle(`${this.workflowId}/mitigation-1`);
    const of = async (what: string, answer: Promise<unknown>) =>
      `${what}: ${await answer.then(
        (value) => inspect(value, { depth: 6 }),
        (error: unknown) => String(error),
      )}`;
    const state = child.describe().then(({ status, raw: { pendingWorkflowTask, pendingActivities } }) => ({
      ...{ status: status.name, pendingWorkflowTask, pendingActivities },
    }));
    return [await of('the mitigation', state), await of('its status', this.ask(queryNames.status, child))].join('\n');
  }

  /** Waits until the clock has rung once more since people heard of it last. */
  private async untilOverdue(): Promise<void> {
    await eventually(
      'people have not heard for too long',
      async () => {
        const timeline = await this.ask<TimelineEntry[]>(queryNames.timeline).catch(() => []);
        const told = timeline.findIndex(({ what }) => what.startsWith('told by '));
        return timeline.slice(told + 1).some(({ what }) => what.startsWith('people have not heard'));
      },
      patienceMs,
    );
  }

  private ask<Answer>(query: string, handle: WorkflowHandle = this.run, withinMs = 2_000): Promise<Answer> {
    return this.soon(() => handle.query<Answer>(query), withinMs);
  }

  private soon<Answer>(ask: () => Promise<Answer>, withinMs = 5_000): Promise<Answer> {
    return this.sandbox.runs.client.withDeadline(Date.now() + withinMs, ask);
  }

  /** Names of the events of its history, in order. */
  async events(): Promise<string[]> {
    return namesOf((await this.run.fetchHistory()).events ?? []);
  }

  private async record(): Promise<IncidentRecord> {
    const result = await this.run.result();
    const { runs } = this.sandbox;
    const { name, environment } = this.estate;
    const place = runs.client.workflow.getHandle(environmentWorkflowId(name, environment));
    const isFree = async () => (await runs.environment(name)).freeze === null;
    await eventually('the freeze is over', isFree, 30_000).catch(() => undefined);
    const { events } = await this.run.fetchHistory();
    return {
      status: await this.ask<IncidentStatus>(queryNames.status, this.run, patienceMs),
      timeline: await this.ask<TimelineEntry[]>(queryNames.timeline, this.run, patienceMs),
      result,
      children: (events ?? []).flatMap(({ startChildWorkflowExecutionInitiatedEventAttributes: child }) =>
        child ? [child.workflowId ?? ''] : [],
      ),
      place: { timeline: await this.ask<TimelineEntry[]>(queryNames.timeline, place), isFrozen: !(await isFree()) },
      slack: this.outside.slack.messages.map(({ ts, thread_ts, metadata }) => ({
        thread: thread_ts ?? ts,
        key: metadata?.event_payload.key ?? '',
      })),
      posted: this.outside.posted,
      paged: this.outside.paged,
      outages: this.outages,
    };
  }
}

function withIncidents(place: Place, outside: Outside): void {
  const minutes = (ms: number) => ms / 60_000;
  place.incidents = {
    ...place.incidents,
    acknowledgeWithinMinutes: { 'SEV-2': minutes(acknowledgeWithinMs) },
    updateEveryMinutes: { 'SEV-2': minutes(updateEveryMs) },
    quietMinutes: minutes(quietMs),
  };
  place.notifications = {
    oncall: { kind: 'slack', token: { variable: 'SLIPWAY_SECRET_SLACK' }, channel: 'C0123456789' },
    hook: { kind: 'webhook', url: `${outside.urlOf('webhook')}/hook` },
    pager: { kind: 'pagerDuty', routingKey: { variable: 'SLIPWAY_SECRET_PAGER' } },
  };
}

/** Starts a worker that asks and tells this outside world. */
export function startWorker(
  sandbox: TestSandbox,
  outside: Outside,
  variables: NodeJS.ProcessEnv = {},
): Promise<WorkerProcess> {
  return sandbox.worker({
    ...variables,
    SLIPWAY_ALERTMANAGER: outside.urlOf('alertmanager'),
    SLIPWAY_PROMETHEUS: outside.urlOf('prometheus'),
    SLIPWAY_SLACK_API: `${outside.urlOf('slack')}/api`,
    SLIPWAY_PAGERDUTY_API: outside.urlOf('pagerDuty'),
    SLIPWAY_SECRET_SLACK: 'xoxb-of-a-test',
    SLIPWAY_SECRET_PAGER: 'routing-key-of-a-test',
  });
}
