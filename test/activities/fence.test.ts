import { describe, expect, it } from 'vitest';
import {
  authorAnnotations,
  checkFence,
  isAuthor,
  isEarlierAttempt,
  markerAnnotations,
  recordedMarkerOf,
  recordedStep,
} from '../../activities/fence.ts';
import type { Marker } from '../../contract/fence.ts';

describe('the fence', () => {
  const marker: Marker = { change: 'c1', step: 'stage', attempt: 1, fence: { number: 3, sequence: 2 } };
  const recorded = (fence: string, change = 'c1', step = 'stage', attempt = '1') => ({
    'slipway.dev/fence': fence,
    'slipway.dev/change': change,
    'slipway.dev/step': step,
    'slipway.dev/attempt': attempt,
  });

  it.each([
    ['nothing is recorded', {}, 'writable'],
    ['an older one is', recorded('3.1'), 'writable'],
    ['an older environment number is', recorded('2.9', 'c0'), 'writable'],
    ['this very write is', recorded('3.2'), 'ours'],
    ['another part of the same step is', recorded('3.2', 'c1', 'stage/traffic'), 'writable'],
    ['something unreadable is', recorded('soon'), 'writable'],
  ] as const)('when %s: %s', (_case, annotations, expected) => {
    expect(checkFence('service a', annotations, marker)).toBe(expected);
  });

  it.each([recorded('3.3'), recorded('4.1', 'c9'), recorded('3.2', 'c9')])(
    'refuses a write behind %o',
    (annotations) => {
      expect(() => checkFence('service a', annotations, marker)).toThrow('is behind and was not made');
    },
  );

  it('reads back the marker that a write left, and none where nothing of ours was written', () => {
    expect(recordedMarkerOf(markerAnnotations(marker))).toEqual(marker);
    expect(recordedMarkerOf({ owner: 'somebody' })).toBeUndefined();
    expect(recordedMarkerOf(null)).toBeUndefined();
  });

  it('gives a revision an author and no fence, since a template does not say who may write', () => {
    const annotations = authorAnnotations(marker);
    expect(isAuthor(annotations, marker)).toBe(true);
    expect(isAuthor(annotations, { ...marker, attempt: 2 })).toBe(false);
    expect(recordedMarkerOf(annotations)).toBeUndefined();
  });

  it('knows how far this very write has come, and what an earlier attempt left', () => {
    expect(recordedStep(recorded('3.2', 'c1', 'stage/traffic'), marker)).toBe('stage/traffic');
    expect(recordedStep(recorded('3.1'), marker)).toBe('');
    expect(isEarlierAttempt(recorded('3.1'), { ...marker, attempt: 2 })).toBe(true);
    expect(isEarlierAttempt(recorded('3.1'), marker)).toBe(false);
  });
});
