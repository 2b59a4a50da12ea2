import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { GoogleClients } from '../../activities/google/clients.ts';
import { quotasIn } from '../../activities/google/probe/experiments/granted-quotas.ts';
import { googleProbe } from '../../activities/google/probe/index.ts';
import { startCloud, type CloudProcess } from '../emulator/cloud.ts';
import {
  answersOf,
  CountedClients,
  leftIn,
  idleImages,
  openClients,
  probeOnce,
  quickPace,
  type CutAt,
} from './probe-world.ts';

let cloud: CloudProcess;
let clients: GoogleClients;

beforeAll(async () => {
  cloud = await startCloud({ tempo: { operationMs: 20 } });
  clients = await openClients(cloud);
});
afterAll(async () => {
  await clients.close();
  await cloud.stop();
});

/** What is so in every world. */
const everywhere = {
  'log-delay': 'within 120 s',
  'stale-update': 'yes',
  'execution-in-job': 'at once',
  'execution-by-name': 'at once',
  'execution-in-list': 'at once',
  'execution-variables': 'yes',
  'execution-image': 'as it was sent',
  'job-retries': 'yes',
  'revision-image': 'another name of it',
  'long-tag': 'yes',
  'template-sent-back': 'yes',
  'reserved-annotation': 'yes',
  'reserved-label': 'yes',
  'log-label': 'its own',
  'registry-digest': 'yes',
  'quota-run-reads': null,
  'quota-run-writes': null,
  'quota-log-reads': null,
  permissions: 'yes',
};

/** What a token does: whether it starts, is shown then, is shown after another run, and what it does again. */
const tokenAnswers: Record<string, (string | null)[]> = {
  kept: ['yes', 'yes', 'yes', 'nothing'],
  dropped: ['yes', 'yes', 'no', 'it is refused'],
  ignored: ['no, nothing starts', 'no', 'no', 'nothing'],
  refused: ['it is refused', null, null, null],
};

/** The answers that are true in a world, by the values that the emulator says it has. */
function truthOf(world: Record<string, unknown>): Record<string, string | null> {
  const [start = null, kept = null, afterRun = null, again = null] = tokenAnswers[String(world['startToken'])] ?? [];
  return {
    ...everywhere,
    'job-etag': world['runMovesEtag'] ? 'when it starts' : 'no',
    'job-update-time': world['runMovesEtag'] ? 'yes' : 'no',
    'stale-etag': world['runChecksEtag'] ? 'yes' : 'no, it runs',
    'token-start': start,
    'token-kept': kept,
    'token-after-run': afterRun,
    'token-again': again,
    'latest-tag': world['latestNamesRevision'] ? 'yes' : 'no',
    'platform-keys': world['platformKeys'] ? 'yes' : 'no',
    'named-template': world['namedTemplateRefused'] ? 'it is refused' : 'yes',
    'failed-change': world['failureObserved'] ? 'yes' : 'no',
  };
}

describe('a probe', () => {
  const tables = new Map<string, string>();

  it.each([{ name: 'recorded' }, { name: 'described' }, { name: 'bare' }, { name: 'recorded', startToken: 'refused' }])(
    'in the world %o tells what is true there, and leaves nothing',
    async (world) => {
      const values = (await cloud.control('PUT', 'world', world)) as Record<string, unknown>;
      const result = await probeOnce(clients, cloud);
      expect(answersOf(result)).toEqual(truthOf(values));
      expect(result).toMatchObject({ isComplete: true, left: [] });
      expect(await leftIn(clients, cloud)).toEqual([]);
      tables.set(JSON.stringify(world), JSON.stringify(answersOf(result)));
    },
  );

  it('has another table for each of these worlds', () => {
    expect(tables.size).toBe(4);
    expect(new Set(tables.values()).size).toBe(4);
  });

  it('tells how late executions and entries are seen', async () => {
    const lags = { jobLagMs: 700, executionLagMs: 800, listLagMs: 900, logDelayMs: 900 };
    await cloud.control('PUT', 'tune', lags);
    try {
      const { rows } = await probeOnce(clients, cloud);
      const lagOf = (id: string): number => Number(/\d+/.exec(rows.find((row) => row.id === id)?.detail ?? '')?.[0]);
      for (const id of ['execution-in-job', 'execution-by-name', 'execution-in-list'])
        expect(rows.find((row) => row.id === id)?.answer).toBe('within 60 s');
      // The clock begins with the answer, which comes a moment after the execution.
      expect(lagOf('execution-in-job')).toBeGreaterThan(lags.jobLagMs - 100);
      expect(lagOf('execution-by-name')).toBeGreaterThan(lags.executionLagMs - 100);
      expect(lagOf('execution-in-list')).toBeGreaterThan(lags.listLagMs - 100);
      expect(lagOf('log-delay')).toBeGreaterThan(lags.logDelayMs - 100);
    } finally {
      await cloud.control('PUT', 'tune', { jobLagMs: 0, executionLagMs: 0, listLagMs: 0, logDelayMs: 0 });
    }
  });

  it('tells the quotas that the project has', async () => {
    await cloud.control('PUT', 'quotas', { 'run-reads': 3000, 'run-writes': 29, 'log-reads': null });
    try {
      const { rows } = await probeOnce(clients, cloud);
      expect(rows.filter(({ id }) => id.startsWith('quota-'))).toMatchObject([
        { answer: '600 or more', detail: 'Read requests: 3000', verdict: 'same' },
        { answer: 'fewer than 30', detail: 'Write requests: 29', verdict: 'different' },
        { answer: null, verdict: 'unknown' },
      ]);
    } finally {
      await cloud.control('PUT', 'quotas', { 'run-reads': null, 'run-writes': null });
    }
  });

  it('of somebody without a permission tells which one, and what it cannot answer for that', async () => {
    await cloud.control('POST', 'permissions', { permission: 'run.services.create' });
    try {
      const result = await probeOnce(clients, cloud);
      const rows = new Map(result.rows.map((row) => [row.id, row]));
      expect(rows.get('permissions')).toMatchObject({
        answer: 'no',
        detail: 'run.services.create (roles/run.developer)',
      });
      expect(rows.get('latest-tag')).toMatchObject({ answer: null, verdict: 'unknown' });
      expect(rows.get('latest-tag')?.detail).toMatch(/run\.services\.create.*PERMISSION_DENIED.*roles\/run\.developer/);
      expect(rows.get('job-retries')).toMatchObject({ answer: 'yes', verdict: 'same' });
      expect(result).toMatchObject({ isComplete: true, left: [] });
    } finally {
      await cloud.control('DELETE', 'permissions');
    }
  });
});

describe('a probe leaves nothing', () => {
  it.each(['CreateService', 'CreateJob'])('when the answer of %s is lost', async (name) => {
    const hasty = await openClients(cloud, 250);
    const method = `google.cloud.run.v2.${name === 'CreateJob' ? 'Jobs' : 'Services'}/${name}`;
    await cloud.control('POST', 'faults', { method, nth: 1, kind: 'lost' });
    const result = await probeOnce(hasty, cloud);
    await hasty.close();
    expect(result.left).toEqual([]);
    expect(
      cloud
        .calls()
        .filter((each) => each.method === method)
        .at(-1),
    ).toMatchObject({ fault: 'lost' });
    expect(await leftIn(clients, cloud)).toEqual([]);
  });

  it.each([
    ['google.cloud.run.v2.Services/CreateService', 'createService'],
    ['google.cloud.run.v2.Jobs/CreateJob', 'createJob'],
  ])('when it is interrupted while %s is under way, which applies later', async (method, name) => {
    await cloud.control('POST', 'faults', { method, nth: 1, kind: 'delay', ms: 300 });
    const applied = (): number => cloud.calls().filter((each) => each.method === method).length;
    const before = applied();
    const cut = new CountedClients(clients, { name, afterMs: 60 });
    const pace = { ...quickPace, applyMs: 900 };
    const { isComplete, left } = await probeOnce(cut.clients, cloud, { pace, signal: cut.abort.signal });
    expect([isComplete, left]).toEqual([false, []]);
    await expect.poll(applied).toBe(before + 1);
    expect(cloud.calls().findLast((each) => each.method === method)).toMatchObject({ code: 'OK', effect: 'created' });
    expect(await leftIn(clients, cloud)).toEqual([]);
  });

  it('when it is interrupted at any of its calls', async () => {
    // Nothing starts that takes long: what counts are the calls.
    const images = await idleImages(cloud);
    const pace = { ...quickPace, lookMs: 5, quietMs: 5, lateMs: 50, pauseMs: 25, applyMs: 150 };
    await cloud.control('PUT', 'tune', { operationMs: 5, callMs: 4 });
    const whole = new CountedClients(clients);
    await probeOnce(whole.clients, cloud, { images, pace });
    const cuts = Array.from({ length: whole.count }, (_, index): CutAt => ({ nth: index + 1, afterMs: 2 }));
    const interrupt = async (at: CutAt): Promise<void> => {
      const cutClients = new CountedClients(clients, at);
      const { signal } = cutClients.abort;
      const { left } = await probeOnce(cutClients.clients, cloud, { images, pace, signal });
      expect(left).toEqual([]);
    };
    const next = cuts.values();
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        for (const at of next) await interrupt(at);
      }),
    );
    expect(await leftIn(clients, cloud)).toEqual([]);
  }, 120_000);
});

describe('what an earlier probe has left', () => {
  it('is found by its name and its label, and nothing else is', async () => {
    const { parent, project, region } = cloud;
    const template = { template: { containers: [{ image: 'us-docker.pkg.dev/cloudrun/container/job' }] } };
    const make = (jobId: string, labels: Record<string, string>) =>
      clients.jobs.createJob({ parent, jobId, job: { template, labels } });
    await make('slipway-probe-dead', { 'slipway-probe': 'another-machine-1' });
    await make('slipway-probe-of-a-person', {});
    await make('job-of-a-person', { 'slipway-probe': 'another-machine-1' });
    const found = await googleProbe(clients, { project, region }).findLeftovers();
    expect(found).toMatchObject([{ what: 'job slipway-probe-dead', isAbandoned: false }]);
    for (const leftover of found) await leftover.remove();
    const kept = await leftIn(clients, cloud);
    expect(kept.map((name) => name.split('/').at(-1)).sort()).toEqual(['job-of-a-person', 'slipway-probe-of-a-person']);
    for (const name of kept) await clients.jobs.deleteJob({ name });
  });
});

it('the quotas of a region are the most specific ones by the minute', () => {
  const limit = (unit: string, ...buckets: [number, Record<string, string>?][]) => ({
    unit,
    quotaBuckets: buckets.map(([value, dimensions]) => ({
      effectiveLimit: String(value),
      ...(dimensions && { dimensions }),
    })),
  });
  const metrics = [
    {
      displayName: 'Read requests',
      consumerQuotaLimits: [
        limit('1/min/{project}/{region}', [3000], [600, { region: 'us-central1' }], [9, { region: 'europe-west1' }]),
        limit('1/d/{project}', [5]),
        limit('1/min/{project}/{user}', [7]),
      ],
    },
    { displayName: 'Unlimited', consumerQuotaLimits: [limit('1/min/{project}', [-1])] },
  ];
  expect(quotasIn(metrics, 'us-central1')).toEqual([{ name: 'Read requests', perMinute: 600 }]);
});
