import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import ts from 'typescript';
import type { readHistory } from './histories.ts';
import type { Shape } from './shape.ts';

type History = Awaited<ReturnType<typeof readHistory>>;

/** The name that the SDK gives to the marker of a patch, and the key of its id. */
const marker = { name: 'core_patch', key: 'patch-data' };

/** Reads the ids of `patched('id')` in all files of a folder. */
export async function readPatchIds(folder: string): Promise<string[]> {
  const files = (await readdir(folder, { recursive: true })).filter((file) => file.endsWith('.ts'));
  const texts = await Promise.all(files.map((file) => readFile(path.join(folder, file), 'utf8')));
  return [...new Set(texts.flatMap(patchIdsIn))].sort();
}

/** Finds the ids of `patched('id')` in one source text; an id that is no plain text is an error. */
export function patchIdsIn(source: string): string[] {
  const ids: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && isPatched(node.expression)) {
      const [id] = node.arguments;
      if (!id || !ts.isStringLiteralLike(id)) throw new Error(`${node.getText()}: write the id as a plain text`);
      ids.push(id.text);
    }
    ts.forEachChild(node, visit);
  };
  visit(ts.createSourceFile('source.ts', source, ts.ScriptTarget.Latest, true));
  return ids;
}

/** Reads the ids of the patches that a recorded run took the new branch of. */
export function patchMarkersOf({ events }: History): string[] {
  return (events ?? []).flatMap(({ markerRecordedEventAttributes: recorded }) => {
    if (recorded?.markerName !== marker.name) return [];
    const data = recorded.details?.[marker.key]?.payloads?.[0]?.data;
    return data ? [(JSON.parse(Buffer.from(data).toString('utf8')) as { id: string }).id] : [];
  });
}

/**
 * Says what is missing for each branch that a patch guards: a shape that names it, a history with its marker and one
 * without. Only both prove that old runs go the old way and new runs the new way.
 */
export function patchProblems(
  ids: readonly string[],
  shapes: readonly Pick<Shape, 'names' | 'patches'>[],
  markers: ReadonlyMap<string, readonly string[]>,
): string[] {
  const stale = shapes.flatMap(({ patches = [] }) => patches).filter((id) => !ids.includes(id));
  return [
    ...stale.map((id) => `${id}: a shape names it, and no workflow has it`),
    ...ids.flatMap((id) => {
      const named = shapes.filter(({ patches = [] }) => patches.includes(id)).flatMap(({ names }) => names);
      if (named.length === 0) return [`${id}: no shape names it`];
      const recorded = named.filter((name) => markers.has(name));
      const hasMarker = (name: string) => markers.get(name)?.includes(id) === true;
      return [
        ...(recorded.some(hasMarker) ? [] : [`${id}: no history of ${named.join(', ')} has its marker`]),
        ...(recorded.some((name) => !hasMarker(name))
          ? []
          : [`${id}: each history of ${named.join(', ')} has its marker`]),
      ];
    }),
  ];
}

function isPatched(callee: ts.Expression): boolean {
  const name = ts.isPropertyAccessExpression(callee) ? callee.name : callee;
  return ts.isIdentifier(name) && name.text === 'patched';
}
