import { hashOfDrill, hashOfPlan } from '../../activities/plan-hash.ts';
import type { ApprovableDrill } from '../../contract/drill.ts';
import { shortHash, type Plan } from '../../contract/plan.ts';
import type { Question } from '../../contract/statement.ts';
import type { WaitingFor } from '../../contract/status.ts';
import type { SlipwayClient } from '../api/slipway-client.ts';
import { CommandError } from '../cli/command-error.ts';

export type ApprovablePlan = Plan | ApprovableDrill;

/**
 * Reads the plan that a run asks about; null where it has none, undefined where no worker answers. Throws a
 * CommandError for a plan that is not the one of its hash: who approves the hash would approve something else.
 */
export async function readPlan(slipway: SlipwayClient, workflowId: string): Promise<ApprovablePlan | null | undefined> {
  const plan = await slipway.pendingPlan(workflowId);
  if (plan && hashOf(plan) !== plan.hash)
    throw CommandError.refused(`what the run shows is not plan ${shortHash(plan.hash)}: its content has another hash`, [
      'nothing was signed and nothing was sent: tell who operates Temporal and the workers',
    ]);
  return plan;
}

/** Throws a CommandError unless a signature would be for this plan, its place, and the question that was seen. */
export function requireSame(
  shown: ApprovablePlan & { gate: Question | undefined },
  statement: NonNullable<WaitingFor['signature']>,
): void {
  const { change, service, environment, gate, plan } = statement;
  const asked = { change, service, environment, plan, gate };
  const seen = { ...shown, plan: shown.hash, gate: shown.gate ?? gate };
  const part = (['change', 'service', 'environment', 'plan', 'gate'] as const).find(
    (name) => seen[name] !== asked[name],
  );
  if (part === undefined) return;
  throw CommandError.refused(
    `the run shows ${part} ${seen[part]}, but asks for a signature for ${part} ${asked[part]}: nothing was signed`,
    [
      'the question may have changed just now: answer again',
      'if it stays so, tell who operates Temporal and the workers',
    ],
  );
}

function hashOf(plan: ApprovablePlan): string {
  return plan.kind === 'drill'
    ? hashOfDrill({ ...plan, catalog: plan.catalog, digest: plan.artifact.digest })
    : hashOfPlan(plan);
}
