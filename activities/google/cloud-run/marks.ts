import { compareFences, formatFence, parseFence, type Fence, type Marker } from '../../../contract/fence.ts';
import { finalFailure } from '../../failure.ts';

type Annotations = { [key: string]: string } | null | undefined;

/** Annotations of what Slipway writes: the fence that later writes are checked against, and who wrote. */
const keys = {
  fence: 'slipway.dev/fence',
  change: 'slipway.dev/change',
  step: 'slipway.dev/step',
  attempt: 'slipway.dev/attempt',
} as const;

/** Of a revision: the commit that its image was built from. */
export const commitAnnotation = 'slipway.dev/commit';
/** Of a service: the change that created it, and may remove it again. */
export const createdByAnnotation = 'slipway.dev/created-by';
/** Of a job: how many executions it had when its command was set for one run. */
export const executionsAnnotation = 'slipway.dev/executions';

export function markerAnnotations(marker: Marker): Record<string, string> {
  return { [keys.fence]: formatFence(marker.fence), ...authorAnnotations(marker), [keys.step]: marker.step };
}

/** What a revision carries: who staged it. No fence, since a template says what runs and not who may write. */
export function authorAnnotations({ change, attempt }: Marker): Record<string, string> {
  return { [keys.change]: change, [keys.attempt]: String(attempt) };
}

export function recordedFenceOf(annotations: Annotations): Fence | undefined {
  return parseFence(annotations?.[keys.fence]);
}

/** The whole marker of the write that is recorded; undefined where nothing of ours was ever written. */
export function recordedMarkerOf(annotations: Annotations): Marker | undefined {
  const fence = recordedFenceOf(annotations);
  return (
    fence && {
      change: annotations?.[keys.change] ?? '',
      step: annotations?.[keys.step] ?? '',
      attempt: Number(annotations?.[keys.attempt] ?? 1),
      fence,
    }
  );
}

export function isAuthor(annotations: Annotations, { change, attempt }: Marker): boolean {
  return annotations?.[keys.change] === change && annotations[keys.attempt] === String(attempt);
}

/**
 * Where a write stands against what its target records (invariant I3): `applied` when this very write is recorded,
 * `open` when it may be made. Throws `StaleFence` when the target records a newer one.
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
      `${what} records fence ${formatFence(recorded)} (${by}); the write of ${marker.step} with fence ${formatFence(marker.fence)} is behind and was not made`,
    );
  }
  return ahead === 0 && isAuthor(annotations, marker) && annotations?.[keys.step] === marker.step ? 'ours' : 'writable';
}

/** The step that is recorded with exactly this marker's fence and change; empty otherwise. */
export function recordedStep(annotations: Annotations, marker: Marker): string {
  const recorded = recordedFenceOf(annotations);
  const same = recorded && compareFences(recorded, marker.fence) === 0 && isAuthor(annotations, marker);
  return same ? (annotations?.[keys.step] ?? '') : '';
}

/** An attempt of the same step that a person has had repeated since: what it left is ours to change. */
export function isEarlierAttempt(annotations: Annotations, { change, step, attempt }: Marker): boolean {
  return (
    annotations?.[keys.change] === change &&
    annotations[keys.step] === step &&
    Number(annotations[keys.attempt]) < attempt
  );
}
