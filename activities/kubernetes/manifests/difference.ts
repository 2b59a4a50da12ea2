import { ownPrefix } from '../../fence.ts';
import { lastAppliedAnnotation, withoutAnnotations } from './annotations.ts';
import { autoscalersOf } from './autoscaling.ts';
import { compareAll, contentOf, type Comparison, type Conflict } from './compare.ts';
import { hideSecrets } from './secret-values.ts';
import { hunksOf } from '../../difference/hunks.ts';
import { cutTo, yamlLines, type Cut, type Limits } from '../../difference/text.ts';
import { describeObject, type Manifest, type Workload } from './manifest.ts';
import type { Objects } from './objects.ts';
import { inOrder } from './order.ts';

export interface Difference {
  /** Unified difference of what lives and what an apply would make of it; empty if nothing changes. */
  text: string;
  /** Objects that do not exist yet, or that change in more than our own annotations. */
  created: string[];
  changed: string[];
  /** Managers that own fields which we set, with another value: an apply is refused. */
  conflicts: Conflict[];
  cut: Cut;
}

/** Compares all objects with what an apply would make of them, in the order in which it would. */
export async function compareManifests(
  objects: Pick<Objects, 'read' | 'apply' | 'patch' | 'list'>,
  request: { manifests: readonly Manifest[]; namespace: string; workload: Workload },
): Promise<Comparison[]> {
  const manifests = inOrder(request.manifests, request.workload);
  return compareAll(objects, manifests, await autoscalersOf(objects, manifests, request.namespace));
}

/**
 * Says what an apply would do, by the server's dry run against what lives: the server normalises, so a file proves
 * nothing. Values of Secrets are hidden (invariant I9).
 */
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

/** Says whether an apply would change more than our own annotations. */
export function isDifferent(comparison: Comparison): boolean {
  return linesOf(comparison).length > 0;
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
  const isNoise = (key: string) =>
    key === lastAppliedAnnotation || key === 'deprecated.daemonset.template.generation' || key.startsWith(ownPrefix);
  return withoutAnnotations(contentOf(manifest), isNoise);
}
