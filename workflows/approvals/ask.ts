import { condition } from '@temporalio/workflow';
import { breakGlassRole } from '../../contract/catalog/approval-policy.ts';
import type { ApprovePayload } from '../../contract/messages.ts';
import { shortHash, type Plan, type RequiredApproval } from '../../contract/plan.ts';
import type { ApprovalDecision, Question } from '../../contract/statement.ts';
import type { WaitingFor } from '../../contract/status.ts';
import type { Change } from '../change/change.ts';
import { signedSignal, slipwayCommand, temporalSignal } from '../run/commands.ts';
import { finalAnswer } from '../run/failures.ts';
import { now } from '../run/record.ts';
import { step } from '../run/step.ts';

export interface Asking {
  gate: Question;
  required: RequiredApproval[];
  /** What it is about, for a person who reads it in a list. */
  what: string;
  /** Called with every reminder; true when it is not the question any more. */
  again?: () => Promise<boolean>;
}

/** `nobody`: the policy wants nobody, or they have all answered already. */
export type Answer = { kind: 'nobody' | 'approved' | 'again' } | { kind: 'rejected' | 'expired'; why: string };

/**
 * Asks people about a plan or a result, shows whom and how, and waits for their answer, at most as long as the policy
 * says.
 */
export async function askPeople(change: Change, asking: Asking): Promise<Answer> {
  const { approvals, entry, plan, record } = change;
  const { expiresAfterMinutes } = entry.settings.approvals;
  const since = now();
  const until = new Date(Date.parse(since) + expiresAfterMinutes * 60_000).toISOString();
  approvals.ask({ gate: asking.gate, plan, required: asking.required, until });
  record.status.approvals = approvals.granted;
  try {
    if (approvals.complete) return { kind: 'nobody' };
    if (asking.gate === 'plan') record.begin('approval');
    const show = () => record.enter('approval', { kind: 'approval', ...question(change, asking), since, until });
    show();
    const waited = await answered(change, until, async () => {
      show();
      return (await asking.again?.()) ?? false;
    });
    const { rejectedBy } = approvals;
    if (rejectedBy)
      return { kind: 'rejected', why: `rejected by ${rejectedBy.by}${rejectedBy.note ? `: ${rejectedBy.note}` : ''}` };
    return waited === 'expired'
      ? { kind: 'expired', why: `nobody approved ${asking.what} until ${until}` }
      : { kind: waited };
  } finally {
    approvals.close();
  }
}

/**
 * A look of the responsible at the result of a step, where the catalog asks for it (runbook 004, owners). A no, or
 * none in time, is a gate's no: the change restores, and after an incompatible migration parks.
 */
export async function signOff(change: Change, gate: 'migration' | 'smoke', seen: string): Promise<void> {
  const { record, asked } = change;
  const required = change.entry.settings.approvals.signOffs?.[gate] ?? [];
  if (required.length === 0) return;
  const before = record.status.phase;
  const name = `sign-off-${gate}`;
  await step(
    change,
    name,
    async () => {
      // What somebody said of an earlier try of the step is not about this one.
      change.approvals.drop(gate);
      const what = `the ${gate} of plan ${shortHash(change.plan.hash)} for ${asked.service} in ${asked.environment} (${record.step(seen).detail ?? 'no detail'}${gate === 'migration' ? `; ${applied(change)}` : ''})`;
      const answer = await askPeople(change, { gate, required, what });
      if (answer.kind === 'rejected' || answer.kind === 'expired') throw finalAnswer(`${name}: ${answer.why}`);
      return change.approvals.granted.filter((approval) => approval.gate === gate);
    },
    { detail: (given) => given.map(({ by, role }) => `${by} as ${role}`).join(', ') },
  );
  record.enter(before);
}

/** Steps of sign-offs that this place asks for, after the step that they look at. */
export function withSignOffs(
  steps: readonly string[],
  { approvals, migration }: Change['entry']['settings'],
): string[] {
  const { signOffs = {} } = approvals;
  return steps.flatMap((name) => {
    if (name === 'migrate' && migration && (signOffs.migration ?? []).length > 0) return [name, 'sign-off-migration'];
    if (name === 'smoke-candidate' && (signOffs.smoke ?? []).length > 0) return [name, 'sign-off-smoke'];
    return [name];
  });
}

/**
 * One timer to the end; where reminders are wanted one for each, and then it may turn out that the question is
 * another by now.
 */
async function answered(
  { approvals, entry }: Change,
  until: string,
  remind: () => Promise<boolean>,
): Promise<'approved' | 'expired' | 'again'> {
  const { remindEveryMinutes, expiresAfterMinutes } = entry.settings.approvals;
  const settled = () => approvals.complete || approvals.rejectedBy !== null;
  if (remindEveryMinutes === undefined)
    return (await condition(settled, `${expiresAfterMinutes} minutes`, { summary: 'approval expires' }))
      ? 'approved'
      : 'expired';
  for (;;) {
    const left = Date.parse(until) - Date.now();
    if (left <= 0) return 'expired';
    if (await condition(settled, Math.min(left, remindEveryMinutes * 60_000), { summary: 'reminder' }))
      return 'approved';
    if (Date.parse(until) > Date.now() && (await remind())) return 'again';
  }
}

/** Who is needed and what they paste: one command a role, with the first person who may. */
function question(
  change: Change,
  { gate, required, what }: Asking,
): Pick<WaitingFor, 'what' | 'who' | 'commands' | 'signature'> {
  const { approvals } = change;
  const missing = [...new Set(approvals.missing())];
  const who = [...new Set(missing.flatMap((role) => approvals.eligible(role)))];
  const first = missing.map((role) => ({ role, by: approvals.eligible(role)[0] ?? '' }));
  const plan = shortHash(change.plan.hash);
  const glass = approvals.breakGlassRoles;
  const breaker = approvals.holders(glass)[0];
  return {
    what: `${gate === 'plan' ? 'approval' : 'sign-off'} of ${what} by ${missing.join(' and ')}`,
    who,
    commands: [
      ...first.map((one) => signal(change, 'approve', { ...one, plan })),
      ...first.map((one) => slipwayCommand('approve', { ...one, plan })),
      ...first.slice(0, 1).map((one) => signal(change, 'reject', { ...one, plan, note: 'why' })),
      ...(breaker === undefined
        ? []
        : [temporalSignal(change.reach, 'approve', { by: breaker, role: breakGlassRole, plan, note: 'why' })]),
    ],
    ...(approvals.signed
      ? {
          signature: {
            ...statementOf(change),
            signers: approvals.keys(approvals.holders(required.map(({ role }) => role))),
          },
        }
      : {}),
  };
}

function signal({ approvals, reach }: Change, decision: ApprovalDecision, payload: ApprovePayload): string {
  return approvals.signed
    ? signedSignal(reach, decision, payload, approvals.statement(decision, payload.by))
    : temporalSignal(reach, decision, payload);
}

/** The statement but for what each person decides: who, and yes or no. */
function statementOf({ approvals }: Change): Omit<NonNullable<WaitingFor['signature']>, 'signers'> {
  const { change, service, environment, gate, plan, expires } = approvals.statement('approve', '');
  return { change, service, environment, gate, plan, expires };
}

function applied({ plan, migrationsRun }: Change): string {
  return migrationsRun.length === 0
    ? 'nothing to apply'
    : `applied ${migrationsRun.map((name) => `${name} (${compatibility(plan, name)})`).join(', ')}`;
}

function compatibility({ migrations }: Plan, name: string): string {
  return migrations?.find((migration) => migration.name === name)?.compatibility ?? 'compatibility unknown';
}
