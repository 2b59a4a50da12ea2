import { migrationJobOf } from '../../contract/catalog/targets/index.ts';
import { schemaRoles } from '../../contract/people.ts';
import { stampFence } from '../change/roll-out.ts';
import type { Change } from '../change/change.ts';
import { ending } from '../run/failures.ts';
import { smoke } from '../change/steps/gates.ts';
import { freezeWrites, thawWrites } from './write-freeze.ts';

/**
 * Old code over a schema that it does not know: refused before anything is touched, until a version is said to which
 * the schema is brought by hand and the data owner takes it on (invariant I8). Where writes can be switched, a
 * version that is said counts in any case: an earlier try may have left them frozen.
 */
export function refuseOrCross(
  { plan, entry }: Change,
  schemaVersion: string | undefined,
  leftOpen: readonly string[] = [],
): boolean {
  const crossed = plan.migrations?.filter(({ compatibility }) => compatibility === 'incompatible') ?? null;
  if (crossed?.length === 0 && leftOpen.length === 0)
    return schemaVersion !== undefined && entry.settings.writeSwitch !== undefined;
  if (schemaVersion !== undefined) return true;
  const open =
    leftOpen.length > 0 ? [`what may have been migrated and was never released: ${leftOpen.join(', ')}`] : [];
  const between =
    crossed === null
      ? 'migrations between the two states that nobody can name (a commit is unknown)'
      : `incompatible migrations: ${crossed.map(({ name }) => name).join(', ')}`;
  const what = [...(crossed?.length === 0 ? [] : [between]), ...open].join('; and ');
  throw ending(
    'InvalidInput',
    `schemaVersion: this rollback goes back across ${what}; say with schemaVersion to which version the schema is brought by hand, and the data owner is asked`,
  );
}

/**
 * Freeze writes, repair by hand, with recorded evidence (runbook 004, rollback procedure, step 4). From here on the
 * new code has no schema to come back to.
 */
export async function repairSchema(change: Change, schemaVersion: string): Promise<void> {
  // The switch knows no fence: whoever lost the environment meanwhile is told so before it is thrown.
  if (change.entry.settings.writeSwitch) await stampFence(change, 'fence-writes');
  await freezeWrites(change);
  const first = change.entry.settings.writeSwitch ? 'writes are frozen:' : 'freeze writes,';
  const unknown = change.handOver?.unknown;
  if (unknown) change.record.note(`taken over as unknown: ${unknown}`);
  const why = `${unknown ? `nobody knows what became of ${unknown}; look at ${lookAt(change)} first. ` : ''}${first} bring the schema to ${schemaVersion} by hand${crossed(change)}, check reads and writes, then markDone with the evidence`;
  const { action, by, note } = await change.parking.park(
    'schema',
    why,
    ['markDone', 'abort'],
    schemaRoles(change.entry),
  );
  if (action === 'abort') throw ending('Aborted', `given up by ${by}: ${note}`);
  change.irreversible = true;
  change.record.end('schema', 'passed', { detail: `schema at ${schemaVersion}, by ${by}: ${note}` });
}

/** Reads are looked at while writes stand still; then writes are let in, and looked at as well. */
export async function reopenWrites(change: Change, url: string): Promise<void> {
  await smoke(change, 'smoke-live', url, { readsOnly: true });
  await thawWrites(change);
  await smoke(change, 'verify-writes', url);
}

function lookAt({ entry: { settings } }: Change): string {
  return `the executions of ${migrationJobOf(settings.target) ?? 'the migration job'} and the schema`;
}

/** What the data owner has to undo. */
function crossed({ plan, handOver }: Change): string {
  const names = [
    ...new Set([
      ...(plan.migrations ?? [])
        .filter(({ compatibility }) => compatibility === 'incompatible')
        .map(({ name }) => name),
      ...(handOver?.migrations ?? []),
    ]),
  ];
  return names.length > 0 ? ` (what ran since: ${names.join(', ')})` : '';
}
