import type { Artifact } from '../../contract/artifact.ts';
import type { EnvironmentEntry } from '../../contract/catalog/catalog.ts';
import type { Candidate } from '../../contract/live.ts';
import type { ChangeResult } from '../../contract/status.ts';
import { reading, writing } from '../run/activities.ts';
import { signOff, withSignOffs } from '../approvals/ask.ts';
import type { Change } from './change.ts';
import { finalAnswer } from '../run/failures.ts';
import { approveAndEnter } from './enter.ts';
import { bake, smoke, verify } from './steps/gates.ts';
import { gaveWay, heedFreeze } from './yield-to-freeze.ts';
import { leave } from './finish.ts';
import { migrate } from './steps/migrate.ts';
import { now } from '../run/record.ts';
import { step } from '../run/step.ts';
import { undo } from './compensate.ts';

/** The steps of a deploy after its artifact is there, as a plan lists them. */
export function releaseSteps(place: EnvironmentEntry): string[] {
  const verification = place.verification ? ['verify'] : [];
  const steps = [
    'approval',
    'queue',
    'look-again',
    'fence',
    'stage',
    'sync-job',
    'migrate',
    'smoke-candidate',
    'shift',
    'smoke-live',
    'bake',
    ...verification,
    'read-back',
    'ledger',
  ];
  return withSignOffs(steps, place);
}

/**
 * From an approved plan to a verified release (design section 4, steps 5 to 11); once more from the queue on when a
 * freeze made it give way. `stillValid` is asked on entry and before users see anything of it; it throws the outcome
 * that the change ends with otherwise.
 */
export async function carryOut(
  change: Change,
  artifact: Artifact,
  stillValid: () => Promise<void> = async () => undefined,
): Promise<ChangeResult> {
  try {
    for (;;) {
      const result = await change.stopping
        .during(() => released(change, artifact, stillValid))
        .catch(async (error: unknown) => {
          if (!(await gaveWay(change, error))) throw error;
        });
      if (result) return result;
    }
  } catch (error) {
    throw await undo(change, error);
  }
}

async function released(change: Change, artifact: Artifact, stillValid: () => Promise<void>): Promise<ChangeResult> {
  await approveAndEnter(change, artifact, releaseSteps(change.entry.settings));
  await stillValid();
  const key = await stampFence(change);
  const migratesFirst = change.entry.settings.migration?.when === 'beforeStage';
  if (migratesFirst) await migrateAndSignOff(change, null);
  const candidate = await stage(change, key);
  if (!migratesFirst) await migrateAndSignOff(change, candidate.revision);
  await smoke(change, 'smoke-candidate', candidate.url);
  await signOff(change, 'smoke', 'smoke-candidate');
  await stillValid();
  await heedFreeze(change);
  change.shifted = true;
  const { url, shiftedAt } = await shift(change, candidate);
  await smoke(change, 'smoke-live', url);
  await bake(change, candidate.revision, url, shiftedAt);
  await verify(change, candidate.revision, url, shiftedAt);
  await readBack(change, candidate.revision);
  await leave(change, { outcome: 'released', revision: candidate.revision, verified: true });
  return change.result(`released ${candidate.revision}`, { revision: candidate.revision, url });
}

async function migrateAndSignOff(change: Change, revision: string | null): Promise<void> {
  await migrate(change, revision);
  if (change.entry.settings.migration) await signOff(change, 'migration', 'migrate');
}

/** From here on no write of a former holder passes (invariant I3). Answers the state that the next write expects. */
export async function stampFence(change: Change, name = 'fence'): Promise<string> {
  const { entry, snapshot } = change;
  const { key } = await step(change, name, (attempt) =>
    writing('stamp the fence').stamp({ entry, marker: change.marker(name, attempt), expected: snapshot.live.key }),
  );
  return key;
}

export async function stage(change: Change, expected: string): Promise<Candidate> {
  change.record.enter('staging');
  const { entry, artifact, snapshot } = change;
  change.mutated = true;
  const candidate = await step(
    change,
    'stage',
    (attempt) =>
      writing('stage the candidate at 0 %').stage({
        entry,
        marker: change.marker('stage', attempt),
        expected,
        artifact,
        snapshot,
      }),
    {
      detail: ({ revision, url }) => `${revision} at ${url}`,
    },
  );
  change.candidate = candidate;
  return candidate;
}

/** `snapshot` has the shape that the traffic gets at 100 %: following the latest revision, or pinned. */
export async function shift(
  change: Change,
  candidate: Candidate,
  snapshot = change.snapshot,
): Promise<{ url: string; shiftedAt: string }> {
  change.record.enter('shifting');
  const { entry } = change;
  const { url } = await step(
    change,
    'shift',
    (attempt) =>
      writing(`give ${candidate.revision} the traffic`).shift({
        entry,
        marker: change.marker('shift', attempt),
        expected: candidate.key,
        candidate,
        percent: 100,
        snapshot,
      }),
    { detail: () => `${candidate.revision} takes 100 %` },
  );
  return { url, shiftedAt: now() };
}

/** Success is what the platform serves, not that calls returned (invariants I2 and I7). */
export async function readBack(change: Change, revision: string | null): Promise<void> {
  const { entry, artifact } = change;
  await step(
    change,
    'read-back',
    async () => {
      const found = await reading('read back what is served').readBack({ entry, artifact, revision });
      if (found.problems.length > 0)
        throw finalAnswer(`what is served is not what was released: ${found.problems.join('; ')}`);
      return found;
    },
    {
      detail: ({ live }) => live.serving.map((serving) => `${serving.revision} serves ${serving.percent} %`).join(', '),
    },
  );
}
