import { incidentWorkflowId } from '../contract/ids.ts';
import { causeOfAlert } from '../contract/incident/categories/index.ts';
import type { IncidentStatus } from '../contract/incident/status.ts';
import { messageNames, queryNames } from '../contract/messages.ts';
import type { TimelineEntry } from '../contract/status.ts';
import { startSandboxReceiver } from '../test/alerts/receiver-process.ts';
import type { Estate } from '../test/end-to-end/estate.ts';
import { owner } from '../test/end-to-end/runs.ts';
import { TestSandbox } from '../test/end-to-end/sandbox.ts';
import { eventually } from '../test/until.ts';
import { against, note, type Finding, type Measurement } from './measurement.ts';
import { quantile } from './statistics.ts';

const evidenceGoalSeconds = 30;
const mitigatedGoalSeconds = 120;
const atOnce = 2;
const withinMs = 180_000;
const usersPerSecond = 4;
const alert = 'OpenAgentsRuntimeToolFailureRatioHigh';

/**
 * Measures an incident from its alert: a good release, a release that goes bad under users, the real alert, one word,
 * and production back on what is known to be good. Everything is real but the cloud.
 */
export const incident: Measurement = {
  title: 'from the alert of a bad release to production back on known good',
  pairs: 10,
  async measure({ pairs: runs }) {
    const sandbox = await TestSandbox.open(undefined, ['monitoring']);
    try {
      await sandbox.worker();
      const receiver = await startSandboxReceiver(sandbox.description.dir, sandbox.catalogFolder);
      try {
        return findingsOf(await played(sandbox, runs));
      } finally {
        await receiver.kill('SIGTERM');
      }
    } finally {
      await sandbox.close();
    }
  },
};

/** Seconds since the alert fires, as Prometheus says it, and what was found. */
interface Played {
  opened: number;
  evidence: number;
  mitigated: number;
  isFirst: boolean;
  isBack: boolean;
  isTold: boolean;
}

async function played(sandbox: TestSandbox, runs: number): Promise<Played[]> {
  const all: Played[] = [];
  while (all.length < runs) {
    const names = Array.from(
      { length: Math.min(atOnce, runs - all.length) },
      (_, index) => `bad-${all.length + index}`,
    );
    all.push(...(await Promise.all(names.map((name) => playOnce(sandbox, name)))));
  }
  return all;
}

async function playOnce(sandbox: TestSandbox, name: string): Promise<Played> {
  const estate = await sandbox.estate({ name });
  await sandbox.runs.complete('deploy', estate.input('good'));
  const good = await imageOf(estate);
  const leave = await estate.users(usersPerSecond);
  const bad = await sandbox.runs.complete('deploy', estate.input('fails-tools'));
  try {
    const triaged = await untilIncident(sandbox, estate, ({ phase }) => phase === 'responding');
    await runOf(sandbox, estate).executeUpdate(messageNames.mitigate, { args: [{ by: owner, action: 'rollback' }] });
    const status = await untilIncident(sandbox, estate, ({ mitigations }) => mitigations[0]?.endedAt != null);
    return {
      ...(await timesOf(sandbox, estate, triaged, status)),
      isFirst: triaged.suspects[0]?.change === bad.change,
      isBack: status.mitigations[0]?.succeeded === true && (await imageOf(estate)) === good,
      isTold: await tellsAll(sandbox, estate),
    };
  } finally {
    await leave();
    await estate.remove();
  }
}

async function timesOf(
  sandbox: TestSandbox,
  estate: Estate,
  triaged: IncidentStatus,
  { mitigations }: IncidentStatus,
): Promise<Pick<Played, 'opened' | 'evidence' | 'mitigated'>> {
  const { startTime } = await runOf(sandbox, estate).describe();
  const since = (at: string | null | undefined) => (Date.parse(at ?? '') - Date.parse(triaged.onset)) / 1_000;
  return {
    opened: since(startTime.toISOString()),
    evidence: since(triaged.steps.find(({ name }) => name === 'triage')?.endedAt),
    mitigated: since(mitigations[0]?.endedAt),
  };
}

/** Says whether the timeline has the alert, the triage, the word, and its end. */
async function tellsAll(sandbox: TestSandbox, estate: Estate): Promise<boolean> {
  const timeline = await runOf(sandbox, estate).query<TimelineEntry[]>(queryNames.timeline);
  const text = timeline.map((entry) => JSON.stringify(entry)).join('\n');
  return [`alert ${alert} fires`, 'triage', `rollback asked for by ${owner}`, 'rolled back'].every((part) =>
    text.includes(part),
  );
}

async function untilIncident(
  sandbox: TestSandbox,
  estate: Estate,
  predicate: (status: IncidentStatus) => boolean,
): Promise<IncidentStatus> {
  const look = async () => {
    const status = await runOf(sandbox, estate)
      .query<IncidentStatus>(queryNames.status)
      .catch(() => undefined);
    return status && predicate(status) ? status : undefined;
  };
  return eventually(`the incident of ${estate.name}`, look, withinMs, 200);
}

/** The image that all users get. */
async function imageOf(estate: Estate): Promise<string> {
  const { serving } = await estate.served();
  return serving.map(({ image, percent }) => `${percent} % ${image}`).join(', ');
}

function runOf(sandbox: TestSandbox, { name, environment }: Estate) {
  return sandbox.runs.get(incidentWorkflowId(name, environment, causeOfAlert(alert)));
}

function findingsOf(all: readonly Played[]): Finding[] {
  const p95 = (pick: (one: Played) => number) => quantile(all.map(pick), 0.95);
  const every = (what: string, pick: (one: Played) => boolean): Finding => ({
    what,
    measured: `${all.filter(pick).length} of ${all.length}`,
    goal: 'all',
    reached: all.every(pick),
  });
  return [
    note('alert to incident, p95', `${p95(({ opened }) => opened).toFixed(1)} s`),
    against(
      'alert to evidence complete, p95',
      p95(({ evidence }) => evidence),
      evidenceGoalSeconds,
      ' s',
      1,
    ),
    note(
      'alert to mitigated, median',
      `${quantile(
        all.map(({ mitigated }) => mitigated),
        0.5,
      ).toFixed(1)} s`,
    ),
    against(
      'alert to mitigated, p95',
      p95(({ mitigated }) => mitigated),
      mitigatedGoalSeconds,
      ' s',
      1,
    ),
    every('the bad release is the first suspect', ({ isFirst }) => isFirst),
    every('production is back on known good', ({ isBack }) => isBack),
    every('the timeline has alert, triage, word and end', ({ isTold }) => isTold),
  ];
}
