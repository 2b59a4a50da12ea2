import { compareFences, formatFence, parseFence, type Fence, type Marker } from '../contract/fence.ts';
import { finalFailure } from './failure.ts';

/**
 * Describes what our writes leave at a platform's resources, and checks the next write against it (ADR 0002). Every
 * platform does it here: only how a resource is read and written is its adapter's.
 */

/** Begins the annotations and labels that are Slipway's own. */
export const ownPrefix = 'slipway.dev/';

/** The annotations of a resource, as any platform answers them. */
export type Annotations = { [key: string]: string } | null | undefined;

/** Annotations of our writes: the fence that later writes are checked against, and the author. */
const keys = {
  fence: `${ownPrefix}fence`,
  change: `${ownPrefix}change`,
  step: `${ownPrefix}step`,
  attempt: `${ownPrefix}attempt`,
} as const;

/** On a revision: the commit that its image was built from. */
export const commitAnnotation = `${ownPrefix}commit`;
/** On a revision or a job: the digest of its artifact, since the platform may name one platform's image of it. */
export const digestAnnotation = `${ownPrefix}digest`;
/** On a workload: the change that created it, and may remove it again. */
export const createdByAnnotation = `${ownPrefix}created-by`;

/** Makes the annotations of a write: its fence, its author and its step. */
export function markerAnnotations(marker: Marker): Record<string, string> {
  return { [keys.fence]: formatFence(marker.fence), ...authorAnnotations(marker), [keys.step]: marker.step };
}

/**
 * Makes the annotations of a revision: its author. It has no fence, since a template says what runs and not who may
 * write.
 */
export function authorAnnotations({ change, attempt }: Pick<Marker, 'change' | 'attempt'>): Record<string, string> {
  return { [keys.change]: change, [keys.attempt]: String(attempt) };
}

function recordedFenceOf(annotations: Annotations): Fence | undefined {
  return parseFence(annotations?.[keys.fence]);
}

/** Reads who made a revision; undefined if nothing of ours did. */
export function authorOf(annotations: Annotations): Pick<Marker, 'change' | 'attempt'> | undefined {
  const change = annotations?.[keys.change];
  return change ? { change, attempt: Number(annotations?.[keys.attempt] ?? 1) } : undefined;
}

/** Reads the marker of the recorded write; undefined if nothing of ours was ever written. */
export function recordedMarkerOf(annotations: Annotations): Marker | undefined {
  const fence = recordedFenceOf(annotations);
  return (
    fence && {
      ...(authorOf(annotations) ?? { change: '', attempt: 1 }),
      step: annotations?.[keys.step] ?? '',
      fence,
    }
  );
}

/** Says whether this attempt of this change is recorded, whatever its fence. */
export function isAuthor(annotations: Annotations, { change, attempt }: Marker): boolean {
  return annotations?.[keys.change] === change && annotations[keys.attempt] === String(attempt);
}

/** Says whether this attempt of this step is recorded, whatever its fence. */
export function isWriteOf(annotations: Annotations, marker: Marker): boolean {
  return isAuthor(annotations, marker) && annotations?.[keys.step] === marker.step;
}

/**
 * Checks a write against the recorded fence (invariant I3): `ours` if this very write is recorded, `writable` if it may
 * be made. Throws `StaleFence` if a newer one is recorded.
 */
export function checkFence(what: string, annotations: Annotations, marker: Marker): 'ours' | 'writable' {
  const recorded = recordedFenceOf(annotations);
  if (!recorded) return 'writable';
  const ahead = compareFences(recorded, marker.fence);
  const author = annotations?.[keys.change] ?? '';
  if (ahead > 0 || (ahead === 0 && author !== marker.change)) {
    const by = `change ${author || 'unknown'}, step ${annotations?.[keys.step] ?? 'unknown'}`;
    throw finalFailure(
      'StaleFence',
      `${what} records fence ${formatFence(recorded)} (${by}); ` +
        `the write of ${marker.step} with fence ${formatFence(marker.fence)} is behind and was not made`,
    );
  }
  return ahead === 0 && isWriteOf(annotations, marker) ? 'ours' : 'writable';
}

/** Reads the step that is recorded with exactly this marker's fence and change; empty otherwise. */
export function recordedStep(annotations: Annotations, marker: Marker): string {
  const recorded = recordedFenceOf(annotations);
  const same = recorded && compareFences(recorded, marker.fence) === 0 && isAuthor(annotations, marker);
  return same ? (annotations?.[keys.step] ?? '') : '';
}

/**
 * Says whether an earlier attempt of the same step is recorded. A person has had it repeated since, so what it left is
 * ours to change.
 */
export function isEarlierAttempt(annotations: Annotations, { change, step, attempt }: Marker): boolean {
  return (
    annotations?.[keys.change] === change &&
    annotations[keys.step] === step &&
    Number(annotations[keys.attempt]) < attempt
  );
}
