import { condition, patched } from '@temporalio/workflow';
import type { ApprovalPolicy } from '../../contract/catalog/approval-policy.ts';
import { askedPeople, breakGlassRole } from '../../contract/people.ts';
import type { ApprovePayload } from '../../contract/messages.ts';
import { shortHash, type Plan, type RequiredApproval } from '../../contract/plan.ts';
import { approvalStatement, type ApprovalDecision, type Question } from '../../contract/statement.ts';
import type { ChangeStatus, WaitingFor } from '../../contract/status.ts';
import { utcMoment } from '../../contract/utc-moment.ts';
import { signedSignal, slipwayCommand, temporalSignal, type TemporalEndpoint } from '../run/commands.ts';
import { now } from '../run/journal.ts';
import type { RunRecord } from '../run/record.ts';
import type { Approvals } from './approvals.ts';
import { reminderPauseMs } from './reminder-pause.ts';
import type { Tally } from './tally.ts';

/** Names what is needed to ask people. */
export interface AskContext {
  record: RunRecord<ChangeStatus>;
  approvals: Approvals;
  policy: ApprovalPolicy;
  endpoint: TemporalEndpoint;
}

export interface ApprovalRequest {
  gate: Question;
  plan: Pick<Plan, 'hash'>;
  required: RequiredApproval[];
  /** The subject of the question, for a person who reads it in a list. */
  subject: string;
  /** Called with every reminder; true when the question is void by now. */
  isVoid?: () => Promise<boolean>;
}

/** `nobody`: the policy wants nobody, or they have all answered already. `void`: the question is another one by now. */
export type ApprovalAnswer = { kind: 'nobody' | 'approved' | 'void' } | { kind: 'rejected' | 'expired'; why: string };

/** Asks people, shows whom and how, and waits for their answer, at most as long as the policy says. */
export async function askPeople(context: AskContext, request: ApprovalRequest): Promise<ApprovalAnswer> {
  const { approvals, policy, record } = context;
  const { gate, plan, required, subject } = request;
  const since = now();
  const until = new Date(Date.parse(since) + policy.expiresAfterMinutes * 60_000).toISOString();
  const tally = approvals.ask({ gate, plan, required, until });
  record.status.approvals = approvals.granted;
  try {
    if (tally.missing().length === 0) return { kind: 'nobody' };
    if (gate === 'plan') record.steps.begin('approval');
    const show = () =>
      record.enter('approval', { kind: 'approval', ...describeQuestion(context, request, tally), since, until });
    show();
    const waited = await waitForAnswer(context, tally, until, async () => {
      show();
      return (await request.isVoid?.()) ?? false;
    });
    const { rejection } = approvals;
    if (rejection)
      return { kind: 'rejected', why: `rejected by ${rejection.by}${rejection.note ? `: ${rejection.note}` : ''}` };
    return waited === 'expired'
      ? { kind: 'expired', why: `nobody approved ${subject} before ${utcMoment(until)}` }
      : { kind: waited };
  } finally {
    approvals.close();
  }
}

/** Waits with one timer to the end, or with one for each reminder; at a reminder the question may turn out void. */
async function waitForAnswer(
  { approvals, policy }: AskContext,
  tally: Tally,
  until: string,
  remind: () => Promise<boolean>,
): Promise<'approved' | 'expired' | 'void'> {
  const { remindEveryMinutes, expiresAfterMinutes } = policy;
  const isSettled = () => tally.missing().length === 0 || approvals.rejection !== null;
  if (remindEveryMinutes === undefined) {
    const inTime = await condition(isSettled, `${expiresAfterMinutes} minutes`, { summary: 'approval expires' });
    return inTime ? 'approved' : 'expired';
  }
  const growing = patched('reminders-grow-rare');
  for (;;) {
    const left = Date.parse(until) - Date.now();
    if (left <= 0) return 'expired';
    const pause = reminderPauseMs(remindEveryMinutes, growing ? approvals.reminders : 0);
    const wait = Math.min(left, pause);
    approvals.reminders += 1;
    if (await condition(isSettled, wait, { summary: 'reminder' })) return 'approved';
    if (Date.parse(until) > Date.now() && (await remind())) return 'void';
  }
}

/** Describes who is needed and what they paste: one command a role, with the first person who may. */
function describeQuestion(
  context: AskContext,
  { gate, plan, required, subject }: ApprovalRequest,
  tally: Tally,
): Pick<WaitingFor, 'what' | 'who' | 'asked' | 'commands' | 'question' | 'signature'> {
  const { approvals, endpoint } = context;
  const { people } = approvals;
  const missing = [...new Set(tally.missing())];
  const asked = missing.map((role) => ({ role, people: tally.eligible(role) }));
  const hash = shortHash(plan.hash);
  const first = asked.map(({ role, people: [by = ''] }) => ({ role, by, plan: hash }));
  const glassBreaker = people.holders(tally.breakGlassRoles)[0];
  const signers = people.keys(people.holders(required.map(({ role }) => role)));
  return {
    what: `${gate === 'plan' ? 'approval' : 'sign-off'} of ${subject} by ${missing.join(' and ')}`,
    question: gate,
    who: askedPeople(asked),
    asked,
    commands: [
      ...first.map((one) => signalCommand(context, 'approve', one)),
      ...first.map((one) => slipwayCommand('approve', one)),
      ...first.slice(0, 1).map((one) => signalCommand(context, 'reject', { ...one, note: 'why' })),
      ...(glassBreaker === undefined
        ? []
        : [temporalSignal(endpoint, 'approve', { by: glassBreaker, role: breakGlassRole, plan: hash, note: 'why' })]),
    ],
    ...(approvals.areSigned ? { signature: { ...statementFields(approvals), signers } } : {}),
  };
}

function signalCommand(
  { approvals, endpoint }: AskContext,
  decision: ApprovalDecision,
  { role, by, plan, note }: ApprovePayload,
): string {
  const payload = { role, by, plan, ...(note === undefined ? {} : { note }) };
  return approvals.areSigned
    ? signedSignal(endpoint, decision, payload, approvalStatement(approvals.statement(decision, by)))
    : temporalSignal(endpoint, decision, payload);
}

/** Answers the statement but for what each person decides: who, and yes or no. */
function statementFields(approvals: Approvals): Omit<NonNullable<WaitingFor['signature']>, 'signers'> {
  const { by: _by, decision: _decision, ...fields } = approvals.statement('approve', '');
  return fields;
}
