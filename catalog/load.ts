import { lstat, readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { LineCounter, parseDocument, type Document } from 'yaml';
import type { BaselineEntry } from '../contract/catalog/baseline.ts';
import { catalogFile, type CatalogEntry, type CatalogFile } from '../contract/catalog/catalog.ts';
import { trainOf } from '../contract/catalog/checklist.ts';
import { secretVariablePrefix } from '../contract/catalog/notifications.ts';
import { problemsOf } from '../contract/failures.ts';
import type { Train } from '../contract/release.ts';
import { canonicalJson, sha256 } from './canonical-json.ts';
import { similarName } from './did-you-mean.ts';
import { guessOf, plainWords, unknownField } from './field-problems.ts';
import { fieldsAt } from './json-schema.ts';
import { sharedQuotas } from './shared-quotas.ts';
import { sharedTargets } from './shared-targets.ts';

/** Names one problem of a catalog file, with its line (1-based). */
export interface CatalogProblem {
  file: string;
  line: number;
  path: string;
  message: string;
}

export interface LoadedCatalog {
  services: Map<string, LoadedService>;
  /** Files by the service that more than one of them names: it is taken from none of them. */
  ambiguous: Map<string, string[]>;
  problems: CatalogProblem[];
}

export interface LoadedService {
  file: string;
  /** Without the environments that cannot be used here. */
  entry: CatalogFile;
  /** Why an environment cannot be used here, by its name: it has a variable that is not set. */
  unusable: Map<string, string>;
}

/** What one file says, and which service it is about. */
interface CatalogFileText {
  file: string;
  /** The service that the file names; the file's own name where that cannot be read. */
  name: string;
  service?: LoadedService;
  problems: CatalogProblem[];
}

/** The largest catalog file. People write them by hand, so a larger one is something else. */
const maxFileBytes = 256 * 1024;
/** The most repeats of an alias: it may repeat, but not explode. */
const maxAliases = 50;

/**
 * Reads every `*.yaml` directly below a folder and lists all problems of all files. It never throws for a file's
 * content. `variables` replaces `${NAME}` in values (the sandbox's addresses differ from machine to machine). An
 * environment with a variable that is not set cannot be used, and the others can; outside of them all must be set.
 */
export async function loadCatalog(
  folder: string,
  variables: Record<string, string | undefined> = process.env,
): Promise<LoadedCatalog> {
  const loaded: LoadedCatalog = { services: new Map(), ambiguous: new Map(), problems: [] };
  const files: CatalogFileText[] = [];
  for (const file of await catalogFiles(folder)) files.push(await readCatalogFile(file, variables));
  for (const { file, name, service, problems } of files) {
    loaded.problems.push(...problems);
    // A file that cannot be used counts, too: else another could take its service over.
    const twins = files.filter((other) => other.name === name && other.file !== file).map((twin) => twin.file);
    if (twins.length > 0) {
      loaded.ambiguous.set(name, [...(loaded.ambiguous.get(name) ?? []), file]);
      loaded.problems.push({
        file,
        line: 1,
        path: 'service',
        message: `${name} is described in ${twins.join(', ')} too`,
      });
    } else if (service) loaded.services.set(name, service);
  }
  loaded.problems.push(...sharedTargets(loaded.services.values()), ...sharedQuotas(loaded.services.values()));
  return loaded;
}

/** Lists the files of a catalog: every `*.yaml` directly below the folder, by name. */
export async function catalogFiles(folder: string): Promise<string[]> {
  const names = (await readdir(folder)).filter((name) => /\.ya?ml$/.test(name)).sort();
  return names.map((name) => path.join(folder, name));
}

/** Finds the entry of one service in one environment, or names the problem. */
export function catalogEntry(
  catalog: LoadedCatalog,
  service: string,
  environment: string,
): CatalogEntry | { path: string; message: string } {
  const found = catalog.services.get(service);
  if (!found) return unknownService(catalog, service);
  const { environments } = found.entry;
  const settings = Object.hasOwn(environments, environment) ? environments[environment] : undefined;
  const unusable = found.unusable.get(environment);
  if (unusable !== undefined)
    return { path: 'environment', message: `environment ${environment} of ${service} cannot be used: ${unusable}` };
  if (!settings)
    return {
      path: 'environment',
      message: unknownName('environment', environment, Object.keys(environments), ` of ${service}`),
    };
  const { repository, build, provenance, owners, signers } = found.entry;
  const entry = {
    service,
    environment,
    repository,
    build: build ?? null,
    ...(provenance && { provenance }),
    owners,
    signers: signers ?? [],
    settings,
  };
  return { ...entry, hash: sha256(canonicalJson(entry)) };
}

/** Finds the way of a service's release, or names the problem. */
export function catalogTrain(catalog: LoadedCatalog, service: string): Train | { path: string; message: string } {
  const found = catalog.services.get(service);
  if (!found) return unknownService(catalog, service);
  const stops = trainOf(found.entry).map((environment) => catalogEntry(catalog, service, environment));
  return {
    stops: stops.filter((stop): stop is CatalogEntry => !('message' in stop)),
    checklist: found.entry.checklist ?? null,
  };
}

/** Finds the baseline of a service, or names the problem. */
export function catalogBaseline(
  catalog: LoadedCatalog,
  service: string,
): { repository: CatalogFile['repository']; baseline: BaselineEntry } | { path: string; message: string } {
  const found = catalog.services.get(service);
  if (!found) return unknownService(catalog, service);
  const { repository, baseline } = found.entry;
  if (!baseline)
    return { path: 'service', message: `the catalog says no baseline of ${service}: ${found.file} has no baseline` };
  return { repository, baseline };
}

async function readCatalogFile(file: string, variables: Record<string, string | undefined>): Promise<CatalogFileText> {
  const info = await lstat(file);
  if (!info.isFile()) return wholeFile(file, [{ line: 1, message: 'must be a plain file, not a link' }]);
  if (info.size > maxFileBytes) return wholeFile(file, [{ line: 1, message: `is larger than ${maxFileBytes} bytes` }]);
  return readCatalogText(file, await readFile(file, 'utf8'), variables);
}

/** Reads the text of a catalog file; `file` is what problems call it. */
export function readCatalogText(
  file: string,
  text: string,
  variables: Record<string, string | undefined>,
): CatalogFileText {
  const lines = new LineCounter();
  const document = parseDocument(text, {
    lineCounter: lines,
    uniqueKeys: true,
    strict: true,
    merge: true,
  });
  if (document.errors.length > 0)
    return wholeFile(
      file,
      document.errors.map((error) => ({
        line: lines.linePos(error.pos[0]).line,
        message: error.message.split('\n')[0] ?? error.code,
      })),
    );
  const value = plainValue(document);
  if ('problem' in value) return wholeFile(file, [{ line: 1, message: value.problem }]);
  const { usable, unusable, absent } = withVariables(value.value, variables);
  const located = absent.map((problem) => ({ file, line: lineOf(document, lines, problem.path), ...problem }));
  const isWhole = absent.every(({ path: where }) => where !== '');
  const parsed = catalogFile.safeParse(usable, { error: plainWords });
  const named = (usable as { service?: unknown } | null)?.service;
  const about = { file, name: typeof named === 'string' ? named : fileName(file) };
  if (parsed.success) {
    const { data: entry } = parsed;
    return { ...about, ...(isWhole && { service: { file, entry, unusable } }), problems: located };
  }
  return {
    ...about,
    problems: [
      ...located,
      ...problemsOf(parsed.error, usable, (where, field) => unknownField(fieldsAt(usable, where), field), guessOf).map(
        (problem) => ({ file, line: lineOf(document, lines, problem.path), ...problem }),
      ),
    ],
  };
}

/** Answers for a file of which nothing can be used. */
function wholeFile(file: string, problems: { line: number; message: string }[]): CatalogFileText {
  return { file, name: fileName(file), problems: problems.map((problem) => ({ file, path: '', ...problem })) };
}

function fileName(file: string): string {
  return path.parse(file).name;
}

function plainValue(document: Document): { value: unknown } | { problem: string } {
  try {
    return { value: document.toJS({ maxAliasCount: maxAliases }) as unknown };
  } catch (error) {
    return { problem: error instanceof Error ? error.message : 'cannot be read' };
  }
}

/** Puts variables in, and takes the environments out that have one that is not set. */
function withVariables(
  value: unknown,
  variables: Record<string, string | undefined>,
): { usable: unknown; unusable: Map<string, string>; absent: { path: string; message: string }[] } {
  const { environments, ...rest } = (value ?? {}) as Record<string, unknown>;
  const unusable = new Map<string, string>();
  const missing = new Set<string>();
  const common = substitute(rest, variables, missing) as object;
  const absent = [...missing].map((name) => ({ path: '', message: describeUnset([name]) }));
  if (environments === null || typeof environments !== 'object' || Array.isArray(environments))
    return { usable: substitute(value, variables, missing), unusable, absent };
  const usable = Object.entries(environments).flatMap(([name, settings]) => {
    const unset = new Set<string>();
    const replaced = substitute(settings, variables, unset);
    if (unset.size === 0) return [[name, replaced]];
    unusable.set(name, describeUnset([...unset]));
    return [];
  });
  for (const [name, message] of unusable) absent.push({ path: `environments.${name}`, message });
  return { usable: { ...common, environments: Object.fromEntries(usable) as unknown }, unusable, absent };
}

/** A sandbox sets these itself; a person does not. */
const sandboxPrefix = 'SLIPWAY_SANDBOX_';

function describeUnset(names: string[]): string {
  const secret = names.find((name) => name.startsWith(secretVariablePrefix));
  if (secret !== undefined) return `${secret} holds a secret: write {variable: ${secret}} where a secret is meant`;
  const sentence = `the variable ${names.join(', ')} is not set`;
  const isOfSandbox = names.every((name) => name.startsWith(sandboxPrefix));
  return isOfSandbox ? `${sentence}; a sandbox with that part sets it (./slipway sandbox up --help)` : sentence;
}

function substitute(value: unknown, variables: Record<string, string | undefined>, missing: Set<string>): unknown {
  if (typeof value === 'string') {
    return value.replace(/\$\{(SLIPWAY_[A-Z0-9_]+)\}/g, (whole, name: string) => {
      // What is put in here gets into plans and histories (invariant I9).
      const replacement = name.startsWith(secretVariablePrefix) ? undefined : variables[name];
      if (replacement === undefined) missing.add(name);
      return replacement ?? whole;
    });
  }
  if (Array.isArray(value)) return value.map((inner) => substitute(inner, variables, missing));
  if (value === null || typeof value !== 'object') return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, substitute(inner, variables, missing)]));
}

/** Finds the line of a path's nearest node: a missing field has its parent's. */
function lineOf(document: Document, lines: LineCounter, problemPath: string): number {
  const steps = problemPath === '' ? [] : problemPath.split('.');
  for (let length = steps.length; length > 0; length -= 1) {
    const node = document.getIn(
      steps.slice(0, length).map((step) => (/^\d+$/.test(step) ? Number(step) : step)),
      true,
    );
    const range =
      node !== null && typeof node === 'object' && 'range' in node
        ? (node.range as [number, number, number] | null)
        : null;
    if (range) return lines.linePos(range[0]).line;
  }
  return 1;
}

/** Says that the catalog has no such service, has it twice, or that the file with its name cannot be read here. */
export function unknownService(
  { services, ambiguous, problems }: LoadedCatalog,
  service: string,
): { path: string; message: string } {
  const twins = ambiguous.get(service);
  if (twins)
    return { path: 'service', message: `${service} is described in ${twins.join(' and ')}: leave one of them` };
  const [first, ...more] = problems.filter(({ file }) => fileName(file) === service);
  if (first) {
    const others = more.length === 0 ? '' : `, and ${more.length} more problems`;
    return { path: 'service', message: `${first.file} cannot be used here: ${first.message}${others}` };
  }
  return { path: 'service', message: unknownName('service', service, [...services.keys()]) };
}

/** Says that a name is unknown, with the one that was probably meant and all that there are. */
function unknownName(kind: string, given: string, names: readonly string[], where = ''): string {
  const similar = similarName(given, names);
  const guess = similar === undefined ? '' : `did you mean ${similar}? `;
  return `unknown ${kind} ${given}${where}; ${guess}known: ${names.join(', ') || 'none'}`;
}
