import { describe, expect, it } from 'vitest';
import { createPrometheus } from '../../activities/prometheus/index.ts';
import { identify, signal } from '../../sandbox/process-identity.ts';
import { readSandbox } from '../../sandbox/description.ts';
import { status } from '../../sandbox/up.ts';
import { expectFailure } from '../expect-failure.ts';
import { describeAgento } from './agento.ts';
import type { Place } from './estate.ts';
import { monitoringIsMissing } from './monitoring.ts';
import { dataOwner, owner as releaseOwner } from './runs.ts';
import { openPeople, openSandbox } from './stage.ts';

const requests = 'run_googleapis_com:request_count{service_name="{service}",revision_name="{revision}"';
const errorRate =
  `(sum(rate(${requests},response_code_class="5xx"}[{window}])) or vector(0)) / ` + `sum(rate(${requests}}[{window}]))`;
const p95 =
  'histogram_quantile(0.95, sum by (le) ' +
  '(rate(run_googleapis_com:request_latencies_bucket{service_name="{service}",revision_name="{revision}"}[{window}])))';

/** Only the metrics tell: no log gate, and the smoke is done before the service begins to fail. */
const watched = (place: Place): void => {
  place.logs = [];
  place.bake = {
    seconds: 15,
    everySeconds: 1,
    minRequests: 0,
    logsArriveWithinSeconds: 5,
    metrics: [
      {
        name: 'error-rate',
        query: errorRate,
        below: 0.05,
        enough: { query: `sum(increase(${requests}}[{window}]))`, min: 10 },
      },
      { name: 'latency-p95', query: p95, baseline: { factor: 2, floor: 2_000 } },
    ],
  };
};

const impossible = await monitoringIsMissing();
if (impossible) process.stderr.write(`metric gates are not tested: ${impossible}\n`);

describe.skipIf(impossible !== undefined)('metric gates over a real Prometheus', () => {
  const people = openPeople(releaseOwner, 'release-deputy@example.com', 'api-owner@example.com', dataOwner);
  const sandbox = openSandbox({
    services: ['agento'],
    parts: ['monitoring'],
    prepare: ({ catalogFolder }) => describeAgento(catalogFolder, people),
  });

  it("show request error rate and p95 latency of agento, with the rest of the runbook's verification", async () => {
    const run = await sandbox.runs.start('deploy', {
      service: 'agento',
      environment: 'staging',
      commit: sandbox.commitOf('agento', 'good'),
      requestedBy: releaseOwner,
    });
    expect((await run.result()).outcome).toContain('released');
    const verify = (await sandbox.runs.status(run)).steps.find(({ name }) => name === 'verify');
    expect(verify?.gates?.map(({ name, verdict }) => `${name} ${verdict}`)).toEqual([
      'error-rate pass',
      'latency-p95 pass',
      'queue-movement pass',
      'listing-without-role pass',
      'enqueue-without-key pass',
      'execute-without-key pass',
      'run-output pass',
    ]);
    expect(verify?.gates?.find(({ name }) => name === 'queue-movement')?.reason).toBe(
      'the run went queued → running → completed',
    );
  });

  it('roll back what answers with errors, and let pass what does not', async () => {
    const estate = await sandbox.estate({
      name: 'metered',
      place: (place) => {
        watched(place);
        place.variables = { ...place.variables, FAIL_AFTER_SECONDS: '3' };
      },
    });
    const before = await estate.shape();
    const leave = await estate.users(20);
    const failing = await sandbox.runs.start('deploy', estate.input('fails-under-traffic'));
    await expectFailure(failing, 'RolledBack', /the bake failed: error-rate: 0\.\d+ is not below 0\.05/);
    expect(await estate.shape()).toEqual(before);
    const good = await sandbox.runs.start('deploy', estate.input('good'));
    expect((await good.result()).outcome).toContain('released');
    await leave();
    const bake = (await sandbox.runs.status(good)).steps.find(({ name }) => name === 'bake');
    expect(bake?.gates?.map(({ name, verdict }) => `${name} ${verdict}`)).toEqual([
      'error-rate pass',
      'latency-p95 pass',
      'log-arrival pass',
      'traffic pass',
    ]);
  }, 180_000);

  it('count what the emulator served, also over its restart', async () => {
    const { prometheus: server, cloud, dir } = sandbox.description;
    const metrics = createPrometheus(server?.url);
    const total =
      'sum(increase(run_googleapis_com:request_count{service_name="metered",response_code_class="2xx"}[10m]))';
    const [counted = 0] = await metrics.query(undefined, total, new Date().toISOString());
    expect(counted).toBeGreaterThan(50);
    const emulator = await identify(cloud?.pid ?? 0);
    if (emulator) signal(emulator.pid, 'SIGKILL');
    await expect.poll(async () => (await readSandbox(dir))?.cloud?.pid, { timeout: 30_000 }).not.toBe(cloud?.pid);
    await expect
      .poll(async () => metrics.query(undefined, 'up{job="cloud"}', new Date().toISOString()), { timeout: 30_000 })
      .toEqual([1]);
    const [afterwards = 0] = await metrics.query(undefined, total, new Date().toISOString());
    expect(afterwards).toBeGreaterThanOrEqual(counted * 0.9);
    expect((await status({ dir }))?.parts).toContainEqual({
      part: 'prometheus',
      pid: server?.pid,
      alive: true,
      answers: true,
    });
  });
});
