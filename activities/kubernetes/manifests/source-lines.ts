import { readFile, stat } from 'node:fs/promises';
import path from 'node:path';
import { isMap, isPair, isScalar, isSeq, LineCounter, parseAllDocuments, visit, type Document, type Node } from 'yaml';
import { isRecord, valueAt } from './manifest.ts';
import { keyTextOf, type OverlayProblem, type Repeated } from './problems.ts';

const kustomizationNames = ['kustomization.yaml', 'kustomization.yml', 'Kustomization'];
/** Fields of a kustomization that name files or folders. */
const listFields = ['resources', 'bases', 'components', 'patchesStrategicMerge'];
/** More than any overlay has; what comes after them is not searched. */
const maxFiles = 500;

/**
 * Adds to each problem the lines of the repository that it comes from, as far as they can be found: kustomize keeps
 * none, and it may have made the object of several files.
 */
export async function locateProblems(
  folder: string,
  overlay: string,
  problems: readonly OverlayProblem[],
): Promise<OverlayProblem[]> {
  if (!problems.some(({ repeated }) => repeated)) return [...problems];
  const files = await filesOf(folder, path.resolve(folder, overlay));
  return problems.map((problem) => {
    if (!problem.repeated) return problem;
    const { repeated } = problem;
    const lines = files.flatMap(({ name, text }) => linesIn(text, repeated).map((line) => `${name}:${line}`));
    return lines.length === 0 ? problem : { ...problem, message: `${problem.message} (${lines.join(', ')})` };
  });
}

/** Reads the files that an overlay is made of, also those of its bases; what is not in the repository is left out. */
async function filesOf(root: string, overlay: string): Promise<{ name: string; text: string }[]> {
  const files = new Map<string, string>();
  const folders = new Set<string>();
  const add = async (place: string): Promise<void> => {
    const isOutside = place !== root && !place.startsWith(`${root}${path.sep}`);
    if (isOutside || files.has(place) || folders.has(place) || files.size >= maxFiles) return;
    const found = await stat(place).catch(() => undefined);
    if (found?.isFile()) files.set(place, await readFile(place, 'utf8'));
    if (!found?.isDirectory()) return;
    folders.add(place);
    for (const name of await namedBy(place)) await add(path.resolve(place, name));
  };
  await add(overlay);
  return [...files].map(([place, text]) => ({ name: path.relative(root, place), text }));
}

async function namedBy(folder: string): Promise<string[]> {
  for (const name of kustomizationNames) {
    const text = await readFile(path.join(folder, name), 'utf8').catch(() => undefined);
    if (text === undefined) continue;
    const [document] = documentsOf(text);
    const content: unknown = document?.toJS();
    const lists = listFields.flatMap((field) => valueAt(content, [field]) ?? []);
    const patches = ([] as unknown[]).concat(valueAt(content, ['patches']) ?? []);
    const paths = patches.map((patch) => (isRecord(patch) ? patch.path : undefined));
    return [...lists, ...paths].filter((one): one is string => typeof one === 'string' && !one.includes('\n'));
  }
  return [];
}

function documentsOf(text: string, lineCounter?: LineCounter): Document[] {
  const documents = parseAllDocuments(text, { logLevel: 'error', ...(lineCounter && { lineCounter }) });
  return 'empty' in documents ? [] : documents;
}

/** Finds the lines on which an object of the kind has the repeated item in a list of that container. */
function linesIn(text: string, { kind, container, rule, text: wanted }: Repeated): number[] {
  const counter = new LineCounter();
  const lines: number[] = [];
  for (const document of documentsOf(text, counter)) {
    if (document.get('kind') !== kind) continue;
    visit(document, {
      Map(_key, node, ancestors) {
        const [owner, pair, list] = ancestors.slice(-3);
        if (!isSeq(list) || !isPair(pair) || !isScalar(pair.key) || pair.key.value !== rule.field) return;
        if (container !== undefined && !(isMap(owner) && owner.get('name') === container)) return;
        const item: unknown = node.toJS(document);
        if (isRecord(item) && keyTextOf(item, rule) === wanted) lines.push(lineOf(node, counter));
      },
    });
  }
  return [...new Set(lines)];
}

function lineOf({ range }: Node, counter: LineCounter): number {
  return counter.linePos(range?.[0] ?? 0).line;
}
