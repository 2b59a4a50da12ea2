import type { EnvironmentEntry } from '../../../contract/catalog/catalog.ts';
import { hasCandidate } from '../../../contract/catalog/targets/index.ts';
import { shortHash, type PlannedMigration } from '../../../contract/plan.ts';
import type { StepName } from '../../../contract/step-names.ts';
import { askPeople } from '../../approvals/ask.ts';
import { finalAnswer } from '../../run/failures.ts';
import { step } from '../../run/step.ts';
import type { Parts } from '../change.ts';

type SignedOffChange = Parts<'run' | 'entry' | 'approvals' | 'plan' | 'schema'>;
type SignOffQuestion = 'migration' | 'smoke';

/** Tells whether an environment asks for this sign-off. */
export function needsSignOff({ approvals, migration }: EnvironmentEntry, question: SignOffQuestion): boolean {
  if (question === 'migration' && !migration) return false;
  return (approvals.signOffs?.[question] ?? []).length > 0;
}

/**
 * Asks the responsible people to look at the result of a step, where the catalog wants it (runbook 004, owners). A no,
 * or none in time, is a gate's no: the change restores, and after an incompatible migration parks.
 */
export async function signOff(change: SignedOffChange, question: SignOffQuestion): Promise<void> {
  const { run, entry, approvals, plan } = change;
  if (!needsSignOff(entry.settings, question)) return;
  const { phase } = run.record.status;
  const policy = entry.settings.approvals;
  const required = policy.signOffs?.[question] ?? [];
  const name = `sign-off-${question}` as const satisfies StepName;
  const ask = async () => {
    // What somebody said of an earlier try of the step is not about this one.
    approvals.void(question);
    const context = { record: run.record, approvals, policy, endpoint: run.endpoint };
    const subject = describeSubject(change, question);
    const answer = await askPeople(context, { gate: question, plan: plan.content, required, subject });
    if (answer.kind === 'rejected' || answer.kind === 'expired') throw finalAnswer(`${name}: ${answer.why}`);
    return approvals.granted.filter(({ gate }) => gate === question);
  };
  await step(run, name, ask, { detail: (given) => given.map(({ by, role }) => `${by} as ${role}`).join(', ') });
  run.record.enter(phase);
}

/** Names the step whose result people sign off. */
function stepSeen({ target }: EnvironmentEntry, question: SignOffQuestion): StepName {
  if (question === 'migration') return 'migrate';
  return hasCandidate(target) ? 'smoke-candidate' : 'smoke-live';
}

function describeSubject({ run, entry, plan, schema }: SignedOffChange, question: SignOffQuestion): string {
  const seen = run.record.steps.get(stepSeen(entry.settings, question)).detail ?? 'no detail';
  const applied = question === 'migration' ? `; ${describeApplied(schema.applied, plan.migrations ?? [])}` : '';
  const where = `${entry.service} in ${entry.environment}`;
  return `the ${question} of plan ${shortHash(plan.hash)} for ${where} (${seen}${applied})`;
}

function describeApplied(applied: readonly string[], migrations: readonly PlannedMigration[]): string {
  if (applied.length === 0) return 'nothing to apply';
  const compatibilityOf = (name: string) =>
    migrations.find((migration) => migration.name === name)?.compatibility ?? 'compatibility unknown';
  return `applied ${applied.map((name) => `${name} (${compatibilityOf(name)})`).join(', ')}`;
}
