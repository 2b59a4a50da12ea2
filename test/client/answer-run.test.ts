import { confirm } from '@clack/prompts';
import pc from 'picocolors';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { RunReport } from '../../client/api/run-report.ts';
import type { SlipwayClient } from '../../client/api/slipway-client.ts';
import { exitCodes } from '../../client/cli/exit-codes.ts';
import type { Session } from '../../client/cli/session.ts';
import type { AnswerOptions } from '../../client/commands/answer-command.ts';
import { answerRun } from '../../client/commands/answer-run.ts';
import { hashOfDrill, hashOfPlan } from '../../activities/plan-hash.ts';
import { approvalPayload } from '../../client/requests/approval.ts';
import { signText } from '../../client/requests/signing.ts';
import type { ApprovableDrill } from '../../contract/drill.ts';
import { shortHash, type Plan } from '../../contract/plan.ts';
import { approvalStatement } from '../../contract/statement.ts';
import type { WaitingFor } from '../../contract/status.ts';

vi.mock('@clack/prompts', async (original) => ({ ...(await original<object>()), confirm: vi.fn() }));
vi.mock('../../client/requests/signing.ts', () => ({ signText: vi.fn() }));

const at = '2026-01-02T03:04:05.000Z';
const artifact = { image: 'image', digest: 'sha256:b', commit: 'b'.repeat(40) };
const place = { change: 'c1', service: 'shop', environment: 'production' };
const content = {
  ...{ kind: 'deploy', ...place, artifact, migrations: [], steps: ['stage'], rollbackTo: null, catalog: 'c' },
  approvals: [{ role: 'release-owner', count: 1 }],
  live: { serving: [], traffic: [], template: null, job: null },
} satisfies Omit<Plan, 'hash'>;
const hash = hashOfPlan(content);
const short = shortHash(hash);
const plan: Plan = { ...content, hash, commits: { count: 0, newest: [], lost: 0 } };
const drillContent = {
  ...{ ...place, artifact, revision: 'shop-2', catalog: 'c' },
  parts: ['deletePod', 'breakConnections'] satisfies ApprovableDrill['parts'],
};
const drill: ApprovableDrill = {
  ...{ kind: 'drill', ...drillContent, url: 'https://shop.example', key: 'k' },
  hash: hashOfDrill({ ...drillContent, digest: artifact.digest }),
  approvals: [{ role: 'release-owner', count: 1 }],
};
const waitingFor: WaitingFor = {
  ...{ kind: 'approval', what: `approval of plan ${short} by release-owner`, since: at, until: null },
  ...{ who: [], commands: [], question: 'plan' },
};

/** A person's terminal, and a run that asks. */
function asking({
  report = {},
  pending = plan,
}: { report?: Partial<RunReport>; pending?: Plan | ApprovableDrill } = {}) {
  const lines: string[] = [];
  const approve = vi.fn(async () => ({ delivered: 'answered', answer: 'approved' }));
  const reject = vi.fn(async () => ({ delivered: 'answered', answer: 'rejected' }));
  const slipway = {
    closedAt: async () => null,
    installation: async () => 'default/1f0c',
    status: async () => ({ workflowId: 'deploy-1', phase: 'approval', end: null, stale: false, waitingFor, ...report }),
    pendingPlan: async () => pending,
    approve,
    reject,
  } as unknown as SlipwayClient;
  const output = {
    ...{ live: true, colors: pc.createColors(false), note: () => undefined, result: () => undefined },
    line: (text: string) => void lines.push(text),
  };
  const session = { output, environment: {}, dir: undefined, slipway: async () => slipway } as unknown as Session;
  const answer = async (options: AnswerOptions = {}) =>
    answerRun('approve', session, { by: 'ann@example.com', ...options }, 'deploy-1');
  return { answer, approve, reject, lines, session, slipway };
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
    const what = `sign-off of the smoke of plan ${short} for shop in production by api-owner`;
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
      `  plan         ${shortHash(drill.hash)} (${drill.hash})`,
      '  serves now   commit bbbbbbbbbbbb (revision shop-2)',
      '  disturbs     ends one instance, then breaks the connections of the clients',
      '  meanwhile    clients stream against https://shop.example',
      '  approval by  release-owner',
      'approved',
    ]);
    expect(approve).toHaveBeenCalledWith('deploy-1', { by: 'ann@example.com', plan: drill.hash }, {});
  });

  it.each<[string, Plan | ApprovableDrill]>([
    ['another place than its hash', { ...plan, environment: 'staging' }],
    ['another artifact than its hash', { ...plan, artifact: { ...artifact, digest: 'sha256:c' } }],
    ['a drill of other parts than its hash', { ...drill, parts: ['deletePod'] }],
  ])('approves nothing where the run shows %s', async (_what, pending) => {
    const { answer, approve, lines } = asking({ pending });
    await expect(answer({ yes: true })).rejects.toThrow(/is not plan .*: its content has another hash/);
    expect(lines).toEqual([]);
    expect(approve).not.toHaveBeenCalled();
  });

  it('may reject it all the same: that does no harm', async () => {
    const { session, reject } = asking({ pending: { ...plan, environment: 'staging' } });
    expect(await answerRun('reject', session, { by: 'ann@example.com', yes: true }, 'deploy-1')).toBe(exitCodes.ok);
    expect(reject).toHaveBeenCalledWith('deploy-1', { by: 'ann@example.com', plan: hash }, {});
  });

  it('hears of a drill that an earlier version has planned', async () => {
    const { catalog: _catalog, ...pending } = drill;
    const { answer, approve } = asking({ pending });
    await expect(answer({ yes: true })).rejects.toThrow(/an earlier version has planned this drill/);
    expect(approve).not.toHaveBeenCalled();
  });

  it('approves a plan of a newer worker that shows more than this client knows', async () => {
    const { answer, approve } = asking({ pending: { ...plan, weather: 'fine' } as Plan });
    expect(await answer({ yes: true })).toBe(exitCodes.ok);
    expect(approve).toHaveBeenCalledOnce();
  });
});

describe('a person who signs', () => {
  const signature = {
    ...{ temporal: 'default/1f0c', ...place, gate: 'plan' as const, plan: hash, expires: at },
    signers: [{ by: 'ann@example.com', key: '' }],
  };
  const asked = (changes: object = {}, question: 'plan' | 'smoke' = 'plan') => ({
    report: { waitingFor: { ...waitingFor, question, signature: { ...signature, ...changes } } },
  });
  beforeEach(() => vi.mocked(signText).mockReset().mockResolvedValue('signed'));

  it.each<[string, AnswerOptions]>([
    ['what was shown', {}],
    ['the plan that was named', { plan: hash }],
  ])('signs %s', async (_what, options) => {
    const { answer, approve } = asking(asked());
    expect(await answer({ yes: true, ...options })).toBe(exitCodes.ok);
    const text = approvalStatement({ ...signature, decision: 'approve', by: 'ann@example.com' });
    expect(signText).toHaveBeenCalledWith(expect.anything(), text, expect.anything());
    expect(approve).toHaveBeenCalledWith('deploy-1', { by: 'ann@example.com', plan: hash, signature: 'signed' }, {});
  });

  it.each([
    ['service', { service: 'agento' }],
    ['environment', { environment: 'staging' }],
    ['change', { change: 'c2' }],
    ['gate', { gate: 'smoke' }],
  ])('signs nothing of another %s than was shown, nor of another than the named plan has', async (part, changes) => {
    for (const options of part === 'gate' ? [{}] : [{}, { plan: hash }]) {
      const { answer, approve } = asking(asked(changes));
      const because = new RegExp(`the run shows ${part} .* but a signature is asked for ${part} .*nothing was signed`);
      await expect(answer({ yes: true, ...options })).rejects.toThrow(because);
      expect(approve).not.toHaveBeenCalled();
    }
    expect(signText).not.toHaveBeenCalled();
  });

  it('signs nothing for another installation, where the signature would count', async () => {
    const { answer, approve } = asking(asked({ temporal: 'default/another' }));
    await expect(answer({ yes: true })).rejects.toThrow(
      /namespace default\/1f0c, but .* default\/another: nothing was s/,
    );
    expect(signText).not.toHaveBeenCalled();
    expect(approve).not.toHaveBeenCalled();
  });

  it('signs nothing of another plan than it named', async () => {
    const { answer } = asking(asked());
    const refusal = {
      exitCode: exitCodes.refused,
      message: expect.stringMatching(/plan is 1f0c33ab5d2e, but a signature/),
    };
    await expect(answer({ yes: true, plan: '1f0c33ab5d2e' })).rejects.toMatchObject(refusal);
    expect(signText).not.toHaveBeenCalled();
  });

  it('signs nothing of another place than it named, though the run has that place', async () => {
    const { session, slipway } = asking(asked());
    const named = { service: 'shop', environment: 'staging' };
    const fields = { by: 'ann@example.com', plan: hash, named };
    const payload = approvalPayload(session, slipway, 'deploy-1', 'approve', fields);
    const message = 'you have named shop in staging, but a signature is asked for shop in production';
    await expect(payload).rejects.toMatchObject({
      exitCode: exitCodes.refused,
      message: expect.stringContaining(message),
    });
    expect(signText).not.toHaveBeenCalled();
  });
});
