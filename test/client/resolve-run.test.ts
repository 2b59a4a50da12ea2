import { describe, expect, it, vi } from 'vitest';
import type { RunReport } from '../../client/api/run-report.ts';
import type { RunSummary } from '../../client/api/runs.ts';
import type { SlipwayClient } from '../../client/api/slipway-client.ts';
import { resolveRun, type RunChoice } from '../../client/requests/resolve-run.ts';
import type { StepState } from '../../contract/status.ts';

const session = { dir: undefined, environment: {} };
const deployed = { workflowId: 'deploy-1', workflowType: 'deploy', environment: 'production', phase: 'approval' };
const released = { ...deployed, workflowId: 'release-1', workflowType: 'release', environment: '' };

/** What the list has of a run, and what the run itself says. */
type Seen = Partial<RunSummary> & { report: Partial<RunReport> };

/** Shows other runs each time it is asked; the last ones stay. */
function runsOf(...looks: Seen[][]): { slipway: SlipwayClient; looks: () => number } {
  let shown: Seen[] = [];
  const list = vi.fn(() => {
    shown = (looks.length > 1 ? looks.shift() : looks[0]) ?? [];
    return Promise.resolve(shown as unknown as RunSummary[]);
  });
  const status = (id: string) => {
    const { report = {} } = shown.find(({ workflowId }) => workflowId === id) ?? {};
    return Promise.resolve({ workflowId: id, end: null, stale: false, ...report });
  };
  return { slipway: { list, status } as unknown as SlipwayClient, looks: () => list.mock.calls.length };
}

/** A deploy in a phase, with its steps in order. */
function deploy(phase: string, steps: Record<string, StepState> = {}): Seen {
  return { ...deployed, report: { phase, steps: stepsOf(steps) } };
}

function stepsOf(steps: Record<string, StepState>): NonNullable<RunReport['steps']> {
  return Object.entries(steps).map(([name, state]) => ({
    ...{ name, state, startedAt: null, endedAt: null, attempts: 0, error: null },
  }));
}

/** A release whose staging goes on, while its list of steps has production still to come. */
function release(...toCome: string[]): Seen {
  const steps = Object.fromEntries(toCome.map((name): [string, StepState] => [name, 'pending']));
  const report = { phase: 'releasing', stops: [], steps: stepsOf({ 'staging: bake': 'running', ...steps }) };
  return { ...released, report };
}

describe('the run that is meant by a service and an environment', () => {
  const onWait = vi.fn();
  const choice = {
    given: 'shop',
    environment: 'production',
    phases: ['approval'],
    patience: { ms: 5_000, listLagMs: 0, onWait },
  };
  const resolve = async (slipway: SlipwayClient, other: Partial<RunChoice> = {}) => {
    onWait.mockClear();
    return resolveRun(session, slipway, { ...choice, ...other });
  };

  it('is waited for until it asks, and that is told once', async () => {
    const { slipway, looks } = runsOf(
      [deploy('')],
      [deploy('building')],
      [deploy('planning')],
      [deploy('approval', { approval: 'running' })],
    );
    expect(await resolve(slipway)).toBe('deploy-1');
    expect(looks()).toBe(4);
    expect(onWait.mock.calls).toEqual([[{ workflowId: 'deploy-1', phase: '', step: null }]]);
  });

  it('is waited for while the list does not have it yet', async () => {
    const { slipway, looks } = runsOf([], [], [deploy('approval', { approval: 'running' })]);
    expect(await resolve(slipway, { patience: { ms: 5_000, onWait } })).toBe('deploy-1');
    expect(looks()).toBe(3);
    expect(onWait).not.toHaveBeenCalled();
  });

  it('is waited for while a sign-off is still to come, whatever the list says of its phase', async () => {
    const approved = { approval: 'passed', migrate: 'running', 'sign-off-migration': 'pending' } as const;
    const { slipway, looks } = runsOf(
      [deploy('queued', { ...approved, migrate: 'pending' })],
      [deploy('migrating', approved)],
      [deploy('approval', { ...approved, migrate: 'passed', 'sign-off-migration': 'running' })],
    );
    expect(await resolve(slipway)).toBe('deploy-1');
    expect(looks()).toBe(3);
    expect(onWait.mock.calls).toEqual([[{ workflowId: 'deploy-1', phase: 'queued', step: 'sign-off-migration' }]]);
  });

  it('is the stop of a release that has not come there yet', async () => {
    const before = release('production: approval');
    const { slipway } = runsOf([before], [before, deploy('planning')], [before, deploy('approval')]);
    expect(await resolve(slipway)).toBe('deploy-1');
    const waited = { workflowId: 'release-1', phase: 'releasing', step: 'production: approval' };
    expect(onWait.mock.calls).toEqual([[waited]]);
  });

  it.each<[string, Seen]>([
    ['is baking', deploy('baking', { approval: 'passed', bake: 'running' })],
    [
      'has gone on without the approval, which nobody has to give',
      deploy('staging', { approval: 'pending', stage: 'running' }),
    ],
    ['is parked', deploy('parked', { 'sign-off-smoke': 'passed', bake: 'parked' })],
    ['is a release that asks elsewhere only', release('canary: approval', 'production: bake')],
  ])('is not waited for where it %s: it asks nobody', async (_how, seen) => {
    const { slipway, looks } = runsOf([seen]);
    await expect(resolve(slipway)).rejects.toThrow('no run of shop in production in phase approval');
    expect(looks()).toBe(1);
    expect(onWait).not.toHaveBeenCalled();
  });

  it('is waited for while its worker is silent for a moment', async () => {
    const silent: Seen = { ...deploy('migrating'), phase: 'migrating', report: { phase: 'migrating', stale: true } };
    const { slipway } = runsOf(
      [deploy('migrating', { migrate: 'running', 'sign-off-migration': 'pending' })],
      [silent],
      [deploy('approval')],
    );
    expect(await resolve(slipway)).toBe('deploy-1');
  });

  it('is not waited for longer than patience lasts', async () => {
    const { slipway } = runsOf([deploy('building')]);
    await expect(resolve(slipway, { patience: { ms: 600, onWait } })).rejects.toThrow('in phase approval');
  });
});

describe('the run that is meant by its id', () => {
  it('is waited for while it has a question still to ask', async () => {
    const looks = [
      deploy('migrating', { migrate: 'running', 'sign-off-migration': 'pending' }),
      deploy('approval', { migrate: 'passed', 'sign-off-migration': 'running' }),
    ];
    const status = vi.fn(async () => ({ workflowId: 'deploy-1', end: null, stale: false, ...looks.shift()?.report }));
    const slipway = { status, closedAt: async () => null } as unknown as SlipwayClient;
    const choice = { given: 'deploy-1', environment: undefined, phases: ['approval'] };
    const onWait = vi.fn();
    expect(await resolveRun(session, slipway, { ...choice, patience: { ms: 5_000, onWait } })).toBe('deploy-1');
    expect(status).toHaveBeenCalledTimes(2);
    expect(onWait).toHaveBeenCalledOnce();
  });
});
