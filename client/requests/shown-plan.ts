import { hashOfDrill, hashOfPlan } from '../../activities/plan-hash.ts';
import type { ApprovableDrill } from '../../contract/drill.ts';
import { shortHash, type Plan } from '../../contract/plan.ts';
import type { ApprovalDecision, Question } from '../../contract/statement.ts';
import type { WaitingFor } from '../../contract/status.ts';
import type { EnvironmentName } from '../api/environment-name.ts';
import type { SlipwayClient } from '../api/slipway-client.ts';
import { CommandError } from '../cli/command-error.ts';
import { refuseToSign } from './refuse-to-sign.ts';

export type ApprovablePlan = Plan | ApprovableDrill;

/**
 * Reads the plan that a run asks about; null where it has none, undefined where no worker answers. Throws a
 * CommandError for a plan that is not the one of its hash: who approves the hash would approve something else. A
 * rejection does no harm, whatever is shown.
 */
export async function readPlan(
  slipway: SlipwayClient,
  workflowId: string,
  decision: ApprovalDecision,
): Promise<ApprovablePlan | null | undefined> {
  const plan = await slipway.pendingPlan(workflowId);
  if (plan && decision === 'approve') requireOwnHash(plan);
  return plan;
}

function requireOwnHash(plan: ApprovablePlan): void {
  if (hashOf(plan) === plan.hash) return;
  const nothing = 'nothing was signed and nothing was sent';
  if (plan.kind === 'drill' && plan.catalog === undefined)
    throw CommandError.refused('an earlier version has planned this drill, so nobody can verify its plan', [
      nothing,
      'reject it, and start it again',
    ]);
  throw CommandError.refused(`what the run shows is not plan ${shortHash(plan.hash)}: its content has another hash`, [
    nothing,
    'the worker must have the version of this client: ./slipway --version',
    'where it has, tell who operates Temporal and the workers; you can reject the plan',
  ]);
}

/** Throws a CommandError unless a signature would be for this plan, its place, and the question that was seen. */
export function requireSame(
  shown: ApprovablePlan & { gate: Question | undefined },
  statement: NonNullable<WaitingFor['signature']>,
): void {
  const seen = { ...shown, plan: shown.hash, gate: shown.gate ?? statement.gate };
  const part = (['change', 'service', 'environment', 'plan', 'gate'] as const).find(
    (name) => seen[name] !== statement[name],
  );
  if (part !== undefined) throw refuseToSign(`the run shows ${part} ${seen[part]}`, `${part} ${statement[part]}`);
}

/** Throws a CommandError unless a signature would be for the place that its person has named. */
export function requireNamed(named: EnvironmentName | undefined, { service, environment }: EnvironmentName): void {
  if (!named || (named.service === service && named.environment === environment)) return;
  throw refuseToSign(`you have named ${named.service} in ${named.environment}`, `${service} in ${environment}`);
}

function hashOf(plan: ApprovablePlan): string {
  return plan.kind === 'drill'
    ? hashOfDrill({ ...plan, catalog: plan.catalog, digest: plan.artifact.digest })
    : hashOfPlan(plan);
}
