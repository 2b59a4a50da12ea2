import type { KnownGood } from '../../activities/known-good/rollback-goal.ts';
import { migrationJobOf } from '../../contract/catalog/targets/index.ts';
import { schemaRoles } from '../../contract/people.ts';
import type { Change, Parts } from '../change/change.ts';
import { stampFenceForWrites } from '../change/steps/fence.ts';
import { smoke } from '../change/steps/gates.ts';
import { ending } from '../run/failures.ts';
import type { WriteFreeze } from './write-freeze.ts';

/** What the ledger says of the schema that the goal of a rollback will meet. */
type SchemaOfGoal = Pick<KnownGood, 'unreleasedSchemaChanges' | 'schemaRepairs'>;

/**
 * Requires a decision where a rollback brings old code over a schema that it does not know: refused before anything is
 * touched, until a version is said to which the schema is brought by hand, and the data owner takes it on (invariant
 * I8). Answers whether the schema is to be repaired. Where writes can be switched, a version that is said counts in any
 * case: an earlier try may have left them frozen.
 */
export function requireSchemaDecision(
  change: Parts<'plan' | 'entry'>,
  schemaVersion: string | undefined,
  goal: SchemaOfGoal,
): boolean {
  const what = describeCrossing(change, goal);
  if (what === null) return schemaVersion !== undefined && change.entry.settings.writeSwitch !== undefined;
  if (schemaVersion !== undefined) return true;
  throw ending(
    'InvalidInput',
    `schemaVersion: this rollback goes back across ${what}. Start it again and give in schemaVersion the version to ` +
      'which people bring the schema by hand, such as the file name of the last migration that the older code knows ' +
      '(--schema-version); the data owner must approve',
  );
}

/** Describes the schema changes between the two states that the old code does not know; null where there are none. */
export function describeCrossing(
  { plan }: Parts<'plan'>,
  { unreleasedSchemaChanges: unreleased, schemaRepairs: repairs = [] }: SchemaOfGoal,
): string | null {
  const incompatible = plan.migrations?.filter(({ compatibility }) => compatibility === 'incompatible') ?? null;
  const parts = [
    ...(incompatible === null ? [`unknown migrations between the two states (${plan.migrationsUnknown})`] : []),
    ...(incompatible?.length ? [`incompatible migrations: ${incompatible.map(({ name }) => name).join(', ')}`] : []),
    ...(unreleased.length > 0
      ? [`migrations that may have run, but were never released: ${unreleased.join(', ')}`]
      : []),
    ...(repairs.length > 0
      ? [`a schema that was brought back by hand since then, so that it may lack something: ${repairs.join(', ')}`]
      : []),
  ];
  return parts.length > 0 ? parts.join('; and ') : null;
}

/**
 * Freezes writes and waits until people have repaired the schema by hand, with recorded evidence (runbook 004, rollback
 * procedure, step 4). From here on the new code has no schema to come back to.
 */
export async function repairSchema(change: Change, writes: WriteFreeze, schemaVersion: string): Promise<void> {
  const { entry, lease, run, schema } = change;
  const hasSwitch = entry.settings.writeSwitch !== undefined;
  // The switch knows no fence: whoever lost the environment meanwhile is told so before it is thrown.
  if (hasSwitch) await stampFenceForWrites(change);
  await writes.freeze();
  const unknown = lease.handOver?.unknown;
  if (unknown) run.record.note(`taken over as unknown: ${unknown}`);
  const lookFirst = unknown
    ? `What this migration did is unknown: ${unknown}. First look at ${describeEvidence(change)}. `
    : '';
  const { said } = await run.parking.ask({
    step: 'schema',
    why:
      `${lookFirst}${hasSwitch ? 'writes are frozen:' : 'freeze writes,'} bring the schema to ${schemaVersion} by ` +
      `hand${describeApplied(change)}, check reads and writes, then send markDone with the evidence`,
    actions: ['markDone', 'abort'],
    roles: schemaRoles(entry),
    isAboutSchema: true,
  });
  schema.repaired();
  run.record.steps.end('schema', 'passed', { detail: `schema at ${schemaVersion}: ${said}` });
}

/** Thaws writes once reads were looked at; then writes are looked at as well. */
export async function thawAndVerify(
  change: Parts<'run' | 'plan' | 'entry'>,
  writes: WriteFreeze,
  url: string,
): Promise<void> {
  await smoke(change, 'smoke-live', url, { readsOnly: true });
  await writes.thaw();
  await smoke(change, 'verify-writes', url);
}

function describeEvidence({ entry: { settings } }: Parts<'entry'>): string {
  return `the executions of ${migrationJobOf(settings.target) ?? 'the migration job'} and the schema`;
}

/** Describes what the data owner has to undo. */
function describeApplied({ plan, lease }: Parts<'plan' | 'lease'>): string {
  const incompatible = (plan.migrations ?? []).filter(({ compatibility }) => compatibility === 'incompatible');
  const names = [...new Set([...incompatible.map(({ name }) => name), ...(lease.handOver?.migrations ?? [])])];
  return names.length > 0 ? ` (migrations that ran since then: ${names.join(', ')})` : '';
}
