import { stringify } from 'yaml';
import { lastAppliedAnnotation, ownPrefix, withoutAnnotations } from './annotations.ts';
import { autoscalersOf } from './autoscaling.ts';
import { compareAll, contentOf, type Comparison, type Conflict } from './compare.ts';
import { hideSecrets } from './secret-values.ts';
import { hunksOf } from './lines-difference.ts';
import { describeObject, type Manifest, type Workload } from './manifest.ts';
import type { Objects } from './objects.ts';
import { inOrder } from './order.ts';

/** Limits of a difference: it is part of a plan, which people read and a history keeps. */
export interface Limits {
  lines: number;
  bytes: number;
  /** Characters of a line. */
  columns: number;
}

export const planLimits: Limits = { lines: 400, bytes: 16_000, columns: 200 };

export interface Difference {
  /** Unified difference of what lives and what an apply would make of it; empty if nothing changes. */
  text: string;
  /** Objects that do not exist yet, or that change in more than our own annotations. */
  created: string[];
  changed: string[];
  /** Managers that own fields which we set, with another value: an apply is refused. */
  conflicts: Conflict[];
  /** What the limits cut off; null if the text is complete. */
  cut: { lines: number; objects: string[] } | null;
}

/**
 * Says what an apply would do, by the server's dry run against what lives: the server normalises, so a file proves
 * nothing. Values of Secrets are hidden (invariant I9). Writes nothing.
 */
export async function differenceOf(
  objects: Pick<Objects, 'read' | 'apply' | 'patch' | 'list'>,
  request: { manifests: readonly Manifest[]; namespace: string; workload: Workload; limits?: Limits },
): Promise<Difference> {
  const manifests = inOrder(request.manifests, request.workload);
  const autoscalers = await autoscalersOf(objects, manifests, request.namespace);
  return describeComparisons(await compareAll(objects, manifests, autoscalers), request.limits ?? planLimits);
}

export function describeComparisons(comparisons: readonly Comparison[], limits: Limits): Difference {
  const sections = comparisons.map((comparison) => ({ comparison, lines: linesOf(comparison) }));
  const shown = sections.filter(({ lines }) => lines.length > 0);
  const named = (wanted: boolean) =>
    shown.filter(({ comparison }) => (comparison.action === 'create') === wanted).map(objectOf);
  return {
    ...cutTo(
      limits,
      shown.map(({ comparison, lines }) => ({ object: describeObject(comparison.manifest), lines })),
    ),
    created: named(true),
    changed: named(false),
    conflicts: comparisons.flatMap(({ conflicts }) => conflicts),
  };
}

function objectOf({ comparison }: { comparison: Comparison }): string {
  return describeObject(comparison.manifest);
}

/** Writes one object's part of the difference; empty if only our own annotations change. */
function linesOf({ manifest, live, merged, removals }: Comparison): string[] {
  const object = describeObject(manifest);
  const [before, after] = hideSecrets(live && readable(live), readable(live ? merged : manifest));
  const hunks = hunksOf(before ? yamlLines(before) : [], yamlLines(after));
  const removed = removals.map((path) => `-${path} (kubectl has set it, and the overlay lacks it)`);
  if (hunks.length === 0 && removed.length === 0) return [];
  return [`--- ${live ? object : '(nothing)'}`, `+++ ${object}`, ...hunks, ...removed];
}

function readable(manifest: Manifest): Manifest {
  const isNoise = (key: string) => key === lastAppliedAnnotation || key.startsWith(ownPrefix);
  return withoutAnnotations(contentOf(manifest), isNoise);
}

function yamlLines(manifest: Manifest): string[] {
  return stringify(manifest, { sortMapEntries: true, lineWidth: 0 }).trimEnd().split('\n');
}

/** Joins the parts until a limit is reached, and says what is missing. */
function cutTo(
  { lines: maxLines, bytes: maxBytes, columns }: Limits,
  parts: readonly { object: string; lines: string[] }[],
): Pick<Difference, 'text' | 'cut'> {
  const kept: string[] = [];
  const cut = { lines: 0, objects: new Set<string>() };
  let bytes = 0;
  for (const { object, lines } of parts)
    for (const line of lines.map((text) => printable(text, columns))) {
      bytes += Buffer.byteLength(line) + 1;
      const fits = cut.lines === 0 && kept.length < maxLines && bytes <= maxBytes;
      if (fits) kept.push(line);
      else cut.objects.add(object);
      if (!fits) cut.lines += 1;
    }
  const objects = [...cut.objects];
  if (cut.lines === 0) return { text: kept.join('\n'), cut: null };
  const note = `… ${cut.lines} more lines are cut, of ${objects.join(', ')}`;
  return { text: [...kept, printable(note, columns)].join('\n'), cut: { lines: cut.lines, objects } };
}

/** Makes a line safe to show: no control characters, not endless. */
function printable(text: string, columns: number): string {
  const safe = text.replace(/[\p{Cc}\p{Cf}]/gu, '\u{fffd}');
  return safe.length > columns ? `${safe.slice(0, columns - 1)}…` : safe;
}
