import type { PlanResult } from '../../activities/planning.ts';
import { describeCommit } from '../../contract/artifact.ts';
import { describeOrigin } from '../../contract/origin.ts';
import {
  countOfGained,
  describeRotation,
  listOfMigrations,
  shortHash,
  type CommitsBetween,
  type Plan,
} from '../../contract/plan.ts';
import { awaiting, reading } from '../run/activities.ts';
import { step } from '../run/step.ts';
import { ActivePlan, type PlanSource } from './active-plan.ts';
import type { Change, OpenedChange, Parts } from './change.ts';

/** Computes the first plan of a change and shows it. From here on there is something to approve. */
export async function planChange(opened: OpenedChange, source: PlanSource): Promise<Change> {
  opened.run.record.enter('planning');
  const first = await step(opened.run, 'plan', () => computePlan(opened, source, { first: true }), {
    detail: describePlan,
  });
  const change: Change = { ...opened, plan: new ActivePlan(first), source };
  showPlan(change);
  opened.onPlanned(change);
  return change;
}

type PlannedChange = OpenedChange & { plan?: ActivePlan };

/** When a plan is computed: the first time, or while the environment is held already. */
interface Moment {
  first?: boolean;
  entering?: boolean;
}

/** Computes the plan from the world as it is now. */
export async function computePlan(change: PlannedChange, source: PlanSource, at: Moment = {}): Promise<PlanResult> {
  return awaiting('snapshot and plan').plan(planRequest(change, source, at));
}

/** Computes the plan where the run can go on without it, as while people think about the one that they have. */
export async function glancePlan(change: PlannedChange, source: PlanSource): Promise<PlanResult> {
  return reading('snapshot and plan').plan(planRequest(change, source, {}));
}

function planRequest(
  { entry, kind, run, plan }: PlannedChange,
  { artifact, steps, rotation }: PlanSource,
  { first = false, entering = false }: Moment,
) {
  const revisionAliases = { ...plan?.revisionAliases };
  return {
    entry,
    kind,
    change: run.id,
    artifact,
    steps,
    ...(rotation && { rotation }),
    revisionAliases,
    ...(first && { first }),
    entering,
  };
}

/** Takes over a plan that was computed anew. When it is another one, what was approved is void (invariant I4). */
export function replacePlan(change: Parts<'approvals' | 'plan' | 'run'>, next: PlanResult): boolean {
  const { approvals, plan, run } = change;
  const whyVoid = plan.replace(next);
  showPlan(change);
  if (whyVoid === null) return false;
  run.record.note(whyVoid);
  approvals.void('plan');
  run.record.status.approvals = approvals.granted;
  return true;
}

/** Describes a plan in one line, for a person. */
export function describePlan({ plan }: PlanResult): string {
  const { hash, rollbackTo, commits, origin, secrets } = plan;
  const what = secrets ? `secrets: ${describeRotation(secrets)}` : describeMigrations(plan);
  const rests = origin ? [describeOrigin(origin, plan.artifact.commit)] : [];
  const refused = plan.refusedQuestions?.map((question) => `goes on without ${question}`) ?? [];
  const parts = [`plan ${shortHash(hash)}`, ...rests, describeRestorePoint(rollbackTo), what, ...refused];
  return [...parts, ...(commits ? [describeCommits(commits)] : [])].join('; ');
}

function showPlan({ plan, run }: Parts<'plan' | 'run'>): void {
  const { status, steps } = run.record;
  const { digest, commit } = plan.artifact;
  const { commits, difference } = plan.content;
  Object.assign(status, { plan: plan.hash, digest, commit: commit || status.commit, commits, difference });
  for (const name of plan.content.steps) steps.get(name);
}

function describeRestorePoint(rollbackTo: Plan['rollbackTo']): string {
  if (!rollbackTo) return 'nothing serves yet, so there is nothing to go back to';
  const { revision, commit } = rollbackTo;
  return `serves now: ${describeCommit(commit)} (revision ${revision})`;
}

function describeCommits({ count, lost }: CommitsBetween): string {
  const commits = countOfGained(count);
  const gained = count === 0 ? commits : `${commits} ${count === 1 ? 'goes' : 'go'} out`;
  return lost > 0 ? `${gained}, users lose ${lost}: what serves is not an ancestor` : gained;
}

/** A rollback runs none: those between the two commits say whether the older one fits the schema. */
function describeMigrations({ kind, ...plan }: Plan): string {
  if (kind !== 'rollback') return `${describePending(plan)}${describeCrossed(plan)}`;
  const between = plan.migrations?.length === 0 ? '' : `; between the two: ${describePending(plan)}`;
  return `runs no migration${between}`;
}

/** Says which migrations the schema may have that the artifact's code does not know. */
function describeCrossed({
  crossed,
  crossedUnknown = 'a commit is not known',
}: Pick<Plan, 'crossed' | 'crossedUnknown'>): string {
  if (crossed === undefined) return '';
  if (crossed === null) return `; it is not known which migrations its code does not know (${crossedUnknown})`;
  return `; the schema may have what its code does not know: ${listOfMigrations(crossed)}`;
}

function describePending({
  migrations,
  migrationsUnknown: why,
}: Pick<Plan, 'migrations' | 'migrationsUnknown'>): string {
  if (migrations === null)
    return `its migrations are not known${why === undefined ? '' : ` (${why})`}, so they count as incompatible`;
  if (migrations.length === 0) return 'no migrations';
  return `migrations: ${listOfMigrations(migrations)}`;
}
