import { describe, expect, it } from 'vitest';
import { planLimits } from '../../activities/difference/text.ts';
import { describeComparisons } from '../../activities/kubernetes/manifests/difference.ts';
import type { Comparison } from '../../activities/kubernetes/manifests/compare.ts';
import { hunksOf } from '../../activities/difference/hunks.ts';
import type { Manifest } from '../../activities/kubernetes/manifests/manifest.ts';

const lines = (text: string): string[] => text.split(' ');
const config = (data: Record<string, string>, name = 'settings'): Manifest => ({
  apiVersion: 'v1',
  kind: 'ConfigMap',
  metadata: { name, namespace: 'shop' },
  data,
});
const created = (manifest: Manifest): Comparison => ({
  manifest,
  live: undefined,
  merged: manifest,
  action: 'create',
  conflicts: [],
  removals: [],
  isScaled: false,
});

describe('a difference of lines', () => {
  it('shows each change with three lines around it', () => {
    expect(hunksOf(lines('a b c d e f g h i j k'), lines('a b c d E f g h i j k'))).toEqual([
      '@@ -2 +2 @@',
      ...[' b', ' c', ' d', '-e', '+E', ' f', ' g', ' h'],
    ]);
    expect(hunksOf(lines('a b c'), lines('a b c'))).toEqual([]);
    expect(hunksOf([], lines('a b'))).toEqual(['@@ -1 +1 @@', '+a', '+b']);
  });

  it('counts the lines of both sides', () => {
    const [before, after] = ['1 2 3 4 5 6 7 8 9 10 11 12 13', '1 x 2 3 4 5 6 7 8 9 10 11 12'];
    expect(hunksOf(lines(before), lines(after)).filter((line) => line.startsWith('@@'))).toEqual([
      '@@ -1 +1 @@',
      '@@ -10 +11 @@',
    ]);
  });

  it('does not take for ever with long texts that have nothing in common', () => {
    const text = (prefix: string) => Array.from({ length: 5_000 }, (_, index) => prefix + index);
    expect(hunksOf(text('a'), text('b'))).toHaveLength(10_001);
  });
});

describe('a difference for a plan', () => {
  it('is cut by lines, by bytes and by columns, and says what is missing', () => {
    const long = Object.fromEntries(Array.from({ length: 30 }, (_, index) => [`key-${index}`, 'v'.repeat(300)]));
    const comparisons = [created(config(long, 'first')), created(config({ A: '1' }, 'second'))];
    const whole = describeComparisons(comparisons, planLimits);
    expect(whole).toMatchObject({ cut: null, created: ['ConfigMap/first', 'ConfigMap/second'], changed: [] });
    expect(Math.max(...whole.text.split('\n').map(({ length }) => length))).toBe(planLimits.columns);

    const byLines = describeComparisons(comparisons, { ...planLimits, lines: 10 });
    expect(byLines.cut).toEqual({ lines: 39, objects: ['ConfigMap/first', 'ConfigMap/second'] });
    expect(byLines.text.split('\n')).toHaveLength(11);
    expect(byLines.text).toMatch(/\n… 39 more lines are cut, of ConfigMap\/first, ConfigMap\/second$/);
    const byBytes = describeComparisons(comparisons, { ...planLimits, bytes: 1_000 });
    expect(Buffer.byteLength(byBytes.text)).toBeLessThan(1_200);
  });

  it('has no control characters', () => {
    const { text } = describeComparisons([created(config({ A: 'one\n\u{1b}[31mtwo' }))], planLimits);
    expect(text.replaceAll('\n', '')).not.toMatch(/\p{Cc}/u);
  });
});
