import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { ApplicationFailure } from '@temporalio/common';
import { gate, httpGate, metricGate } from '../../contract/catalog/gates.ts';
import { ScriptedService } from '../activities/gate-world.ts';
import { expectFailure } from '../expect-failure.ts';
import { textIn } from '../text-in.ts';
import type { ChangeHandle } from './harness.ts';
import { cancel, decide, deployOf, statusOf, timelineOf, untilInStep, untilParked } from './runs.ts';
import { openHarness } from './stage.ts';
import { noApprovals, World } from './world.ts';

const smoke = [
  httpGate.parse({ name: 'health', path: '/v1/health' }),
  httpGate.parse({
    name: 'run-enqueued',
    method: 'POST',
    path: '/v1/run',
    headers: { 'x-agent-api-key': { secret: 'api-key' } },
    body: { marker: '{marker}' },
    status: [202],
    lookup: { path: '/v1/runs?marker={marker}', pointer: '/runs/0/runId' },
    output: { as: 'run', pointer: '/runId' },
  }),
  httpGate.parse({
    name: 'echo',
    path: '/echo',
    headers: { 'x-agent-api-key': { secret: 'api-key' } },
    json: { '/runOutput': 'an answer' },
    output: { as: 'echoed', pointer: '/echo' },
  }),
];
const verification = [
  gate.parse({
    kind: 'auth',
    name: 'write-needs-role',
    method: 'POST',
    path: '/v1/listings',
    without: 'x-user-role',
    status: 403,
  }),
  gate.parse({ kind: 'runOutput', name: 'run-output', path: '/v1/runs/{run}/summary', withinSeconds: 1 }),
];
const secretValue = 'value of api-key';

/**
 * A service with a run for each marker; `guards` says whether its auth control works, `answers` whether there is an
 * output.
 */
class Service extends ScriptedService {
  guards = true;
  readonly runs = new Map<string, string>();
  override reply = ({ method, path, body }: { method: string; path: string; body: string }) => {
    if (path === '/v1/listings') return { status: this.guards ? 403 : 201 };
    if (method === 'POST') {
      const { marker } = JSON.parse(body) as { marker: string };
      this.runs.set(marker, `run-${this.runs.size + 1}`);
      return { status: 202, json: { runId: this.runs.get(marker) } };
    }
    if (path.startsWith('/v1/runs?')) return { status: 200, json: { runs: [] } };
    return { status: 200, json: { runOutput: 'an answer', echo: `you sent ${secretValue}` } };
  };
}

const harness = openHarness();

describe('gates of a change', () => {
  let service: Service;
  beforeEach(async () => {
    service = new Service();
    await service.open();
  });
  afterEach(() => service.close());

  const deploy = (world: World, situation: (run: ChangeHandle) => Promise<void>) =>
    harness.with(world, async (start) => {
      world.url = service.url;
      const run = await start('deploy', deployOf(world));
      await situation(run);
    });
  const stepOf = async (run: ChangeHandle, name: string) =>
    (await statusOf(run)).steps.find((step) => step.name === name);

  it('are watched while it bakes for a time that the step names', async () => {
    const bake = { seconds: 30, everySeconds: 1, minRequests: 0, logsArriveWithinSeconds: 1 };
    const world = new World({ approvals: noApprovals, bake });
    await harness.with(world, async (start) => {
      const run = await start('deploy', deployOf(world));
      const { steps } = await untilInStep(run, 'bake');
      const { startedAt, detail = '' } = steps.find(({ name }) => name === 'bake') ?? {};
      const until = /^watched for 30 s, until (.*)$/.exec(detail)?.[1] ?? '';
      expect(Date.parse(until) - Date.parse(startedAt ?? '')).toBeGreaterThan(28_000);
      const { currentDetails } = await run.query<{ currentDetails: string }>('__temporal_workflow_metadata');
      expect(currentDetails).toContain(`- ▶ bake: watched for 30 s, until ${until}`);
      await cancel(run);
    });
  });

  it('are each shown with verdict and reason, hand on what they keep, and come after the bake', async () => {
    await deploy(new World({ approvals: noApprovals, smoke, verification }), async (run) => {
      expect((await run.result()).outcome).toContain('released');
      const status = await statusOf(run);
      const names = status.steps.map(({ name }) => name);
      expect(names.slice(names.indexOf('bake'))).toEqual(['bake', 'verify', 'read-back', 'ledger']);
      expect((await stepOf(run, 'verify'))?.gates).toEqual([
        { name: 'write-needs-role', verdict: 'pass', reason: 'POST /v1/listings without x-user-role answered 403' },
        { name: 'run-output', verdict: 'pass', reason: 'the summary of run-2 includes /runOutput: "an answer"' },
      ]);
      expect((await stepOf(run, 'smoke-candidate'))?.gates?.map(({ name, verdict }) => `${name} ${verdict}`)).toEqual([
        'health pass',
        'run-enqueued pass',
        'echo pass',
      ]);
      const timeline = await timelineOf(run);
      expect(timeline).toContain('verify: write-needs-role passed: POST /v1/listings without x-user-role answered 403');
      // One run for the candidate, one for what is live; the verification follows the latter.
      expect(service.requests('POST').filter(({ path }) => path === '/v1/run')).toHaveLength(2);
      expect([...service.runs.keys()].map((marker) => marker.replace(/-c[0-9a-f]+-/, '-'))).toEqual([
        'slipway-smoke-candidate1-run-enqueued',
        'slipway-smoke-live1-run-enqueued',
      ]);
      const history = textIn(await run.fetchHistory());
      expect(history).toContain('x-agent-api-key');
      expect(history).not.toContain(secretValue);
      expect(JSON.stringify(status) + timeline.join()).not.toContain(secretValue);
    });
  });

  it('restore what was before when the verification fails', async () => {
    service.guards = false;
    const world = new World({ approvals: noApprovals, smoke, verification });
    await deploy(world, async (run) => {
      await expectFailure(
        run,
        'RolledBack',
        'the verification failed: write-needs-role: POST /v1/listings without x-user-role answered 201',
      );
      expect(world.writes.at(-1)?.method).toBe('restore');
      expect((await stepOf(run, 'verify'))?.gates?.[0]).toMatchObject({ verdict: 'fail' });
    });
  });

  it('park when they could not look, and look again with another marker when a person says so', async () => {
    const world = new World({ approvals: noApprovals, smoke, verification });
    const original = world.ports.bind(world);
    let denied = true;
    world.ports = (...given) => {
      const ports = original(...given);
      return {
        ...ports,
        secrets: {
          ...ports.secrets,
          read: async (...asked) =>
            denied
              ? Promise.reject(ApplicationFailure.nonRetryable('read api-key: PERMISSION_DENIED', 'Denied'))
              : ports.secrets.read(...asked),
        },
      };
    };
    await deploy(world, async (run) => {
      const parked = await untilParked(run);
      expect(parked.waitingFor?.what).toContain('run-enqueued: the gate could not run: read api-key');
      expect(world.methods()).not.toContain('shift');
      denied = false;
      await decide(run, 'retry');
      expect((await run.result()).outcome).toContain('released');
      expect([...service.runs.keys()][0]).toMatch(/smoke-candidate2-run-enqueued$/);
    });
  });

  it.each([
    ['error-rate pass', true, [0]],
    ['', false, []],
  ])(
    'that are metrics are asked in bake and verification, or left out where the catalog says ' +
      'so and nobody is there to ask: %s',
    async (said, isMonitored, metricValues) => {
      const metric = metricGate.parse({ name: 'error-rate', query: 'errors', below: 1, onlyWhereMonitored: true });
      const world = new World({
        approvals: noApprovals,
        smoke,
        verification: [...verification, { ...metric, kind: 'metric' }],
        bake: { seconds: 0, everySeconds: 1, minRequests: 0, logsArriveWithinSeconds: 1, metrics: [metric] },
      });
      Object.assign(world, { isMonitored, metricValues });
      await deploy(world, async (run) => {
        expect((await run.result()).outcome).toContain('released');
        for (const name of ['bake', 'verify']) {
          const lines = (await stepOf(run, name))?.gates
            ?.map((gate) => `${gate.name} ${gate.verdict}`)
            .filter((line) => line.startsWith('error-rate'));
          expect(lines).toEqual(isMonitored ? [said] : []);
        }
        const timeline = await timelineOf(run);
        expect(timeline.filter((line) => line.includes('left out'))).toHaveLength(isMonitored ? 0 : 2);
      });
    },
  );

  it('have no step where the catalog has no verification', async () => {
    await deploy(new World({ approvals: noApprovals, smoke }), async (run) => {
      await run.result();
      expect(await stepOf(run, 'verify')).toBeUndefined();
    });
  });
});
