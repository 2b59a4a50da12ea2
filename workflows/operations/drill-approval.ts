import type { DrillPlan } from '../../contract/drill.ts';
import { shortHash } from '../../contract/plan.ts';
import { askPeople } from '../approvals/ask.ts';
import { ending } from '../run/failures.ts';
import type { Drill } from './drill-run.ts';

/** Waits for the approvals that the catalog wants for a drill, outside of the queue. */
export async function approveDrill({ run, entry, policy, approvals }: Drill, plan: DrillPlan): Promise<void> {
  const { record, endpoint } = run;
  const subject = `drill ${shortHash(plan.hash)} of ${entry.service} in ${entry.environment}`;
  const question = { gate: 'plan' as const, plan, required: policy.approvals, subject };
  const answer = await askPeople({ record, approvals, policy: entry.settings.approvals, endpoint }, question);
  if (answer.kind === 'rejected' || answer.kind === 'expired') {
    record.steps.end('approval', 'failed', { error: answer.why });
    throw ending(answer.kind === 'rejected' ? 'Rejected' : 'Expired', answer.why);
  }
  if (answer.kind !== 'approved') return;
  record.enter('queued');
  const people = approvals.granted.map(({ by, role }) => `${by} as ${role}`);
  record.steps.end('approval', 'passed', { detail: people.join(', ') });
}
