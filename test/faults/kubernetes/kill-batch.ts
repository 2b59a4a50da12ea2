import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { inspect } from 'node:util';
import { expect } from 'vitest';
import type { ChangeResult } from '../../../contract/status.ts';
import type { Run } from '../../end-to-end/runs.ts';
import { eventually } from '../../until.ts';
import type { Fault } from './api-server-proxy.ts';
import { auditEventsOf } from './audit-log.ts';
import { placesOf, type ClusterEstate, type ClusterStage, type ProxiedWorker } from './estate.ts';
import { prepare, type ClusterFlow } from './flows.ts';
import { violationsOf, type JudgedChange, type JudgedPlace } from './judge.ts';
import { workload, type Place } from './place.ts';

/** Where a change is when its worker dies. */
export interface Arrest {
  flow: ClusterFlow;
  /** Name of the service and of its namespace. */
  name: string;
  fault: Fault;
}

export interface Outcome {
  /** Arrests that never met their call: a poll less than the last time. */
  missed: string[];
  violations: string[];
}

/** A change that has come to its end. */
interface Ended {
  run: Run;
  result: ChangeResult;
}

interface Begun {
  arrest: Arrest;
  estate: ClusterEstate;
  prepared: Ended | undefined;
  run: Run;
  reached: Promise<void>;
}

export const reports = path.join(import.meta.dirname, '..', '..', '..', '.slipway', 'reports');
const createdAtOnce = 4;
/** Eight runs at once share two cores, perhaps with something else. */
const reachedWithinMs = 90_000;
const endsWithinMs = 240_000;
/** As without a kill, and some for what is repeated. */
const mostEvents = 200;

/**
 * Begins each flow in a namespace of its own, kills the worker (SIGKILL) when each is where it should be, starts
 * another one, and has every run judged by the audit log of the API server.
 */
export async function killedInTheMiddle(stage: ClusterStage, arrests: Arrest[]): Promise<Outcome> {
  const { estates, begun, missed, late } = await killFirst(stage, arrests);
  const second = await stage.worker(late);
  try {
    await second.admit(estates);
    const ended = await Promise.all(begun.map((one) => endOf(one)));
    // What nobody has repeated comes now that the environments are free: the latest that a write can be.
    await second.proxy.sendLate();
    const violations = await Promise.all(begun.map((one, index) => judged(stage, one, ended[index])));
    return { missed, violations: violations.flat() };
  } finally {
    await second.worker.kill();
    await second.proxy.close();
    await Promise.all(placesOf(estates).map((place) => place.remove()));
  }
}

/** Changes that have come to where they should be, under a worker that lives. */
export interface Batch {
  worker: ProxiedWorker;
  estates: ClusterEstate[];
  begun: Begun[];
  /** Arrests that never met their call. */
  missed: string[];
}

/** Brings each flow, in a namespace of its own, to the call at which it is arrested. */
export async function begunAt(stage: ClusterStage, arrests: Arrest[]): Promise<Batch> {
  const worker = await stage.worker();
  const estates = await createEstates(stage, arrests);
  await worker.admit(estates);
  const begun = await beginAll(stage, worker, arrests, estates);
  return { worker, estates, begun, missed: await missedOf(begun) };
}

/** Waits for the end of each change, and judges it; answers everything that is wrong. */
export async function judgedAfter(stage: ClusterStage, { worker, estates, begun }: Batch): Promise<string[]> {
  try {
    const ended = await Promise.all(begun.map((one) => endOf(one)));
    return (await Promise.all(begun.map((one, index) => judged(stage, one, ended[index])))).flat();
  } finally {
    await worker.worker.kill();
    await worker.proxy.close();
    await Promise.all(placesOf(estates).map((place) => place.remove()));
  }
}

async function beginAll(
  stage: ClusterStage,
  { proxy }: ProxiedWorker,
  arrests: Arrest[],
  estates: ClusterEstate[],
): Promise<Begun[]> {
  const places = arrests.map((arrest, index) => ({ arrest, estate: estates[index] as ClusterEstate }));
  const prepared = await Promise.all(places.map(({ arrest, estate }) => prepare(stage, estate, arrest.flow)));
  return Promise.all(
    places.map(async ({ arrest, estate }, index): Promise<Begun> => {
      const reached = proxy.arrest(arrest.name, arrest.fault);
      const run = await arrest.flow.begin(stage, estate);
      return { arrest, estate, prepared: prepared[index], run, reached };
    }),
  );
}

async function createEstates(stage: ClusterStage, arrests: Arrest[]): Promise<ClusterEstate[]> {
  const estates: ClusterEstate[] = [];
  for (let index = 0; index < arrests.length; index += createdAtOnce) {
    const some = arrests.slice(index, index + createdAtOnce);
    estates.push(...(await Promise.all(some.map(({ name, flow }) => stage.estate(name, flow)))));
  }
  return estates;
}

/** Arrests the flows under a first worker. Whatever comes of it, that worker is dead afterwards. */
async function killFirst(stage: ClusterStage, arrests: Arrest[]) {
  const starting = stage.worker();
  const created = createEstates(stage, arrests);
  const first = await starting;
  try {
    const estates = await created;
    await first.admit(estates);
    const begun = await beginAll(stage, first, arrests, estates);
    const missed = await missedOf(begun);
    await first.worker.kill();
    return { estates, begun, missed, late: await first.proxy.close() };
  } finally {
    await first.worker.kill();
  }
}

/** Waits until each is where it should be; answers those that have ended without having been there. */
async function missedOf(begun: Begun[]): Promise<string[]> {
  const missed = new Set(begun.map(({ arrest }) => arrest.name));
  const arrived = begun.map(async ({ arrest, run, reached }) => {
    const ended = run.result().catch(() => undefined);
    const isReached = await Promise.race([reached.then(() => true), ended.then(() => false)]);
    if (isReached) missed.delete(arrest.name);
    return arrest.name;
  });
  const there = new Set<string>();
  for (const one of arrived) void one.then((name) => there.add(name));
  const absent = () => begun.map(({ arrest }) => arrest.name).filter((name) => !there.has(name));
  await eventually(
    () => `${absent().join()} at their calls`,
    async () => absent().length === 0,
    reachedWithinMs,
  );
  return [...missed];
}

/** Waits for the end of a run; answers why it did not complete, where it did not. */
async function endOf({ run }: Begun): Promise<ChangeResult | string> {
  const timeout = new Promise<string>((resolve) => {
    setTimeout(() => resolve(`no end within ${endsWithinMs / 1000} s`), endsWithinMs).unref();
  });
  return Promise.race([run.result().catch((error: unknown) => inspect(error, { depth: 3 })), timeout]);
}

/** Judges one change with what came before it; answers everything that is wrong. */
async function judged(stage: ClusterStage, begun: Begun, end: ChangeResult | string | undefined): Promise<string[]> {
  const { arrest, estate, prepared, run } = begun;
  const { flow, name, fault } = arrest;
  const where = `${flow.kind} ${name} (${fault.kind} ${fault.call} ${fault.nth}):`;
  if (end === undefined || typeof end === 'string') return [`${where} did not complete: ${end ?? ''}`];
  const changes = [
    ...(prepared
      ? [{ ...prepared, kind: 'deploy' as const, scenario: flow.prepare?.scenario ?? '', gateJobs: 0 }]
      : []),
    { run, result: end, kind: flow.kind, scenario: flow.scenario, gateJobs: flow.withGate ? 2 : 0 },
  ];
  const events = await auditEventsOf(
    stage.auditLog,
    placesOf([estate]).map(({ namespace }) => namespace),
  );
  const verdicts = await Promise.all(
    Object.entries({ production: estate.production, staging: estate.staging }).map(async ([environment, place]) => {
      if (!place) return [];
      const own = changes.filter(({ result }) => result.environment === environment);
      return violationsOf(events, judgedPlace(place, await Promise.all(own.map((one) => judgedChange(stage, one)))));
    }),
  );
  const violations = [...verdicts.flat(), ...(await wrongEnd(stage, begun, end))].map((text) => `${where} ${text}`);
  if (violations.length > 0) await keep(`${name}-audit.json`, events);
  return violations;
}

function judgedPlace({ namespace, workerUser }: Place, changes: JudgedChange[]): JudgedPlace {
  return { namespace, workerUser, workload: `statefulsets/${workload.name}`, changes };
}

async function judgedChange(
  stage: ClusterStage,
  { run, result, kind, scenario, gateJobs }: Ended & Pick<JudgedChange, 'kind' | 'gateJobs'> & { scenario: string },
): Promise<JudgedChange> {
  const { closeTime } = await run.describe();
  return {
    id: result.change,
    kind,
    gateJobs,
    image: await stage.image(scenario),
    endedAt: closeTime?.toISOString() ?? '',
  };
}

/** What the cluster and the database have in the end (invariants I2 and I7), and what the history has cost. */
async function wrongEnd(stage: ClusterStage, { arrest, estate, run }: Begun, result: ChangeResult): Promise<string[]> {
  const { scenario, schema } = arrest.flow;
  const image = await stage.image(scenario);
  const { revision } = result;
  const { production } = estate;
  try {
    const served = { image, ready: 2, revision, podRevisions: [revision], ids: [image] };
    expect(await production.served()).toEqual(served);
    expect(await production.commit()).toBe(stage.commit(scenario));
    expect(await production.migrations()).toEqual(migrationsOf[schema]);
    expect((await run.describe()).historyLength).toBeLessThanOrEqual(mostEvents);
    await arrest.flow.inTheEnd?.(estate);
    return [];
  } catch (error) {
    return [`I7: ${inspect(error, { depth: 2 })}`];
  }
}

/** Migrations that each commit of the sample service has. */
const migrationsOf: Record<string, string[]> = {
  baseline: ['create_runs', 'create_run_events'],
  good: ['create_runs', 'create_run_events', 'create_sync_stream_events', 'create_khala_projection_checkpoints'],
};

/** Keeps what explains a violation, beside the report. */
async function keep(name: string, content: unknown): Promise<void> {
  await mkdir(reports, { recursive: true });
  await writeFile(path.join(reports, name), JSON.stringify(content, null, 1));
}
