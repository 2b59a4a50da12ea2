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
  type Cut,
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

/** What the emulator does as it is. */
const ofSandbox = {
  'log-delay': 'within 120 s',
  'job-etag': 'when it starts',
  'job-update-time': 'yes',
  'stale-etag': 'yes',
  'execution-in-job': 'at once',
  'execution-by-name': 'at once',
  'execution-in-list': 'at once',
  'execution-variables': 'yes',
  'execution-image': 'as it was sent',
  'job-retries': 'yes',
  'token-start': 'yes',
  'token-kept': 'yes',
  'token-after-run': 'yes',
  'token-again': 'nothing',
  'revision-image': 'as it was sent',
  'platform-keys': 'no',
  'named-template': 'yes',
  'latest-tag': 'yes',
  'long-tag': 'no',
  'reserved-annotation': 'yes',
  'reserved-label': 'no',
  'template-sent-back': 'yes',
  'failed-change': 'yes',
  'log-label': 'its own',
  'registry-digest': 'yes',
  'quota-run-reads': null,
  'quota-run-writes': null,
  'quota-log-reads': null,
  permissions: 'yes',
};

describe('a probe', () => {
  it('tells what the platform does, and leaves nothing', async () => {
    const result = await probeOnce(clients, cloud);
    expect(answersOf(result)).toEqual(ofSandbox);
    expect(result).toMatchObject({ isComplete: true, left: [] });
    expect(await leftIn(clients, cloud)).toEqual([]);
  });

  it('tells how late executions and entries are seen', async () => {
    await cloud.control('PUT', 'tune', { listLagMs: 300, logDelayMs: 400 });
    try {
      const { rows } = await probeOnce(clients, cloud);
      const lagOf = (id: string): number => Number(/\d+/.exec(rows.find((row) => row.id === id)?.detail ?? '')?.[0]);
      expect(rows.find(({ id }) => id === 'execution-in-list')?.answer).toBe('within 5 s');
      expect(lagOf('execution-in-list')).toBeGreaterThanOrEqual(200);
      expect(lagOf('log-delay')).toBeGreaterThanOrEqual(300);
    } finally {
      await cloud.control('PUT', 'tune', { listLagMs: 0, logDelayMs: 0 });
    }
  });

  it('of somebody without a permission tells which one, and what it cannot answer for that', async () => {
    await cloud.control('POST', 'permissions', { permission: 'run.services.create' });
    try {
      const result = await probeOnce(clients, cloud);
      const rows = new Map(result.rows.map((row) => [row.id, row]));
      expect(rows.get('permissions')).toMatchObject({ answer: 'no', detail: 'run.services.create (roles/run.admin)' });
      expect(rows.get('latest-tag')).toMatchObject({ answer: null, verdict: 'unknown' });
      expect(rows.get('latest-tag')?.detail).toMatch(/run\.services\.create.*PERMISSION_DENIED.*roles\/run\.admin/);
      expect(rows.get('job-etag')).toMatchObject({ answer: 'when it starts' });
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

  it('when it is interrupted at any of its calls', async () => {
    // Nothing starts that takes long: what counts are the calls.
    const images = await idleImages(cloud);
    const pace = { ...quickPace, lookMs: 5, quietMs: 5, lateMs: 50, pauseMs: 25, applyMs: 150 };
    await cloud.control('PUT', 'tune', { operationMs: 5, callMs: 3 });
    const whole = new CountedClients(clients);
    await probeOnce(whole.clients, cloud, { images, pace });
    const cuts = Array.from({ length: whole.count }, (_, index) =>
      (['sent', 'answered'] as const).map((cut: Cut) => ({ nth: index + 1, cut })),
    ).flat();
    console.log(whole.count);
    const began = Date.now();
    const interrupt = async (at: { nth: number; cut: Cut }): Promise<void> => {
      const cutClients = new CountedClients(clients, at);
      const { left } = await probeOnce(cutClients.clients, cloud, { images, pace, signal: cutClients.abort.signal });
      expect(left).toEqual([]);
    };
    const next = cuts.values();
    await Promise.all(
      Array.from({ length: 8 }, async () => {
        for (const at of next) await interrupt(at);
      }),
    );
    console.log(Date.now() - began);
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
