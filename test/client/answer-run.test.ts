import { confirm } from '@clack/prompts';
import pc from 'picocolors';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RunReport } from '../../client/api/run-report.ts';
import { exitCodes } from '../../client/cli/exit-codes.ts';
import type { Session } from '../../client/cli/session.ts';
import type { AnswerOptions } from '../../client/commands/answer-command.ts';
import { answerRun } from '../../client/commands/answer-run.ts';
import type { ApprovableDrill } from '../../contract/drill.ts';
import type { Plan } from '../../contract/plan.ts';
import type { WaitingFor } from '../../contract/status.ts';

vi.mock('@clack/prompts', async (original) => ({ ...(await original<object>()), confirm: vi.fn() }));

const at = '2026-01-02T03:04:05.000Z';
const hash = 'ab'.repeat(32);
const artifact = { image: 'image', digest: 'sha256:b', commit: 'b'.repeat(40) };
const place = { change: 'c1', service: 'shop', environment: 'production' };
const plan = {
  ...{ kind: 'deploy', ...place, artifact, migrations: [], steps: ['stage'], hash, rollbackTo: null, catalog: '' },
  approvals: [{ role: 'release-owner', count: 1 }],
  live: { serving: [], traffic: [], template: null, job: null },
} satisfies Plan;
const drill: ApprovableDrill = {
  ...{ kind: 'drill', ...place, artifact, revision: 'shop-2', url: 'https://shop.example', key: 'k', hash },
  parts: ['deletePod', 'breakConnections'],
  approvals: [{ role: 'release-owner', count: 1 }],
};
const waitingFor: WaitingFor = {
  ...{ kind: 'approval', what: 'approval of plan abababababab by release-owner', since: at, until: null },
  ...{ who: [], commands: [], question: 'plan' },
};

/** A person's terminal, and a run that asks. */
function asking({
  report = {},
  pending = plan,
}: { report?: Partial<RunReport>; pending?: Plan | ApprovableDrill } = {}) {
  const lines: string[] = [];
  const approve = vi.fn(async () => ({ delivered: 'answered', answer: 'approved' }));
  const slipway = {
    closedAt: async () => null,
    status: async () => ({ workflowId: 'deploy-1', phase: 'approval', end: null, stale: false, waitingFor, ...report }),
    pendingPlan: async () => pending,
    approve,
  };
  const output = {
    ...{ live: true, colors: pc.createColors(false), note: () => undefined, result: () => undefined },
    line: (text: string) => void lines.push(text),
  };
  const session = { output, environment: {}, dir: undefined, slipway: async () => slipway } as unknown as Session;
  const answer = async (options: AnswerOptions = {}) =>
    answerRun('approve', session, { by: 'ann@example.com', ...options }, 'deploy-1');
  return { answer, approve, lines };
}

describe('a person who approves at a terminal', () => {
  const { isTTY } = process.stdin;
  beforeEach(() => {
    process.stdin.isTTY = true;
    vi.mocked(confirm).mockReset();
  });
  afterEach(() => {
    process.stdin.isTTY = isTTY;
  });

  it('is asked first, by name; a no sends nothing and fails', async () => {
    vi.mocked(confirm).mockResolvedValue(false);
    const { answer, approve } = asking();
    expect(await answer()).toBe(exitCodes.failed);
    expect(confirm).toHaveBeenCalledWith(
      expect.objectContaining({ message: 'Approve this as ann@example.com?', initialValue: false }),
    );
    expect(approve).not.toHaveBeenCalled();
  });

  it('sends exactly the plan that was shown, after a yes', async () => {
    vi.mocked(confirm).mockResolvedValue(true);
    const { answer, approve, lines } = asking();
    expect(await answer()).toBe(exitCodes.ok);
    expect(approve).toHaveBeenCalledWith('deploy-1', { by: 'ann@example.com', plan: hash }, {});
    expect(lines[0]).toBe('deploy shop → production');
  });

  it.each([
    ['--yes', { yes: true }],
    ['--plan, which names what was read', { plan: hash }],
  ])('is not asked with %s', async (_flag, options) => {
    const { answer, approve } = asking();
    expect(await answer(options)).toBe(exitCodes.ok);
    expect(confirm).not.toHaveBeenCalled();
    expect(approve).toHaveBeenCalledOnce();
  });

  it('sees the question of a sign-off and the gates that were checked, not the plan', async () => {
    const what = 'sign-off of the smoke of plan abababababab for shop in production by api-owner';
    const gates = [{ name: 'readiness', verdict: 'pass' as const, reason: 'GET /readyz answered 200' }];
    const step = { startedAt: at, endedAt: at, attempts: 1, error: null, state: 'passed' as const };
    const steps = [
      { ...step, name: 'stage', detail: 'shop-2' },
      { ...step, name: 'smoke-candidate', gates },
    ];
    const { answer, lines } = asking({ report: { steps, waitingFor: { ...waitingFor, what, question: 'smoke' } } });
    await answer({ yes: true });
    expect(lines).toEqual([
      what,
      expect.stringMatching(/✓ smoke-candidate/),
      expect.stringMatching(/✓ readiness: GET \/readyz answered 200/),
      'approved',
    ]);
  });

  it('sees what a drill disturbs', async () => {
    const { answer, approve, lines } = asking({ pending: drill });
    await answer({ yes: true });
    expect(lines).toEqual([
      'drill shop → production',
      `  plan         abababababab (${hash})`,
      '  serves now   commit bbbbbbbbbbbb (revision shop-2)',
      '  disturbs     ends one instance, then breaks the connections of the clients',
      '  meanwhile    clients stream against https://shop.example',
      '  approval by  release-owner',
      'approved',
    ]);
    expect(approve).toHaveBeenCalledWith('deploy-1', { by: 'ann@example.com', plan: hash }, {});
  });
});
