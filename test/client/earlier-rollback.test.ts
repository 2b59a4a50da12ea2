import { Settings } from 'luxon';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { RunSummary } from '../../client/api/runs.ts';
import type { SlipwayClient } from '../../client/api/slipway-client.ts';
import { refuseRepeatedRollback } from '../../client/requests/earlier-rollback.ts';

const { defaultZone } = Settings;
beforeAll(() => {
  Settings.defaultZone = 'UTC';
});
afterAll(() => {
  Settings.defaultZone = defaultZone;
});

const now = Date.parse('2026-03-01T12:00:00Z');
const input = { service: 'shop', environment: 'production', requestedBy: 'ann@example.com', reason: 'errors' };

const run = (facts: Partial<RunSummary>): RunSummary => ({
  workflowId: 'rollback-1',
  runId: 'r',
  workflowType: 'rollback',
  change: 'c1',
  execution: 'RUNNING',
  service: 'shop',
  environment: 'production',
  phase: 'approval',
  commit: '',
  startedAt: '2026-03-01T11:50:00Z',
  closedAt: null,
  waitingFor: '',
  next: '',
  outcome: '',
  ...facts,
});
const ended = (closedAt: string, execution = 'COMPLETED') =>
  run({ execution, closedAt, outcome: 'rolled back to 4f61ec5' });
const deployed = run({ workflowType: 'deploy', execution: 'COMPLETED', closedAt: '2026-03-01T11:56:00Z' });
const client = (...runs: RunSummary[]) => ({ list: async () => runs }) as unknown as SlipwayClient;

describe('a rollback that is sent again', () => {
  it.each([
    ['runs', run({ waitingFor: 'approval' }), 'rollback-1 is under way, in phase approval, and waits for approval'],
    ['has just succeeded', ended('2026-03-01T11:55:00Z'), 'has ended at 2026-03-01 11:55:00 UTC: rolled back'],
  ])('is refused while the first one %s, with what that one does', async (_when, first, says) => {
    await expect(refuseRepeatedRollback(client(first), input, now)).rejects.toMatchObject({
      code: 'Refused',
      message: expect.stringContaining(says),
      hints: ['look at it: ./slipway status rollback-1', expect.stringContaining('--to <')],
    });
  });

  it.each([
    ['the first one is long over', input, ended('2026-03-01T11:45:00Z')],
    ['something was released since', input, [ended('2026-03-01T11:55:00Z'), deployed]],
    ['the first one failed', input, ended('2026-03-01T11:55:00Z', 'FAILED')],
    ['it names its state', { ...input, to: '4f61ec5' }, run({})],
    ['it only plans', { ...input, dryRun: true }, run({})],
  ])('is not refused where %s', async (_why, again, first) => {
    await expect(refuseRepeatedRollback(client(...[first].flat()), again, now)).resolves.toBeUndefined();
  });

  it('is not refused where the list cannot be read: nothing blocks a rollback', async () => {
    const away = { list: async () => Promise.reject(new Error('away')) } as unknown as SlipwayClient;
    await expect(refuseRepeatedRollback(away, input, now)).resolves.toBeUndefined();
  });
});
