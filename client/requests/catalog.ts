import { stat } from 'node:fs/promises';
import path from 'node:path';
import {
  catalogEntry,
  catalogTrain,
  loadCatalog,
  type CatalogProblem,
  type LoadedCatalog,
} from '../../catalog/load.ts';
import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import type { Problem } from '../../contract/failures.ts';
import { readSandbox } from '../../sandbox/description.ts';
import { sandboxVariables } from '../../sandbox/people.ts';
import type { EnvironmentName } from '../api/environment-name.ts';
import { projectFolder } from '../cli/project-folder.ts';
import type { Session } from '../cli/session.ts';

/** Names the folder of the catalog: the flag, else SLIPWAY_CATALOG, else the project's. */
export function catalogFolder(flag: string | undefined, environment: NodeJS.ProcessEnv): string {
  return path.resolve(flag ?? environment['SLIPWAY_CATALOG'] ?? path.join(projectFolder, 'catalog'));
}

/** Collects values for `${SLIPWAY_…}` in catalog files: the environment, and what a live sandbox has. */
export async function catalogVariables(
  dir: string | undefined,
  environment: NodeJS.ProcessEnv,
): Promise<Record<string, string | undefined>> {
  const sandbox = await readSandbox(dir ?? environment['SLIPWAY_SANDBOX_DIR']);
  return { ...(sandbox ? sandboxVariables(sandbox) : {}), ...environment };
}

/** Lists the problems of files that cannot be read; an environment that cannot be used here is none. */
export function fileProblems({ services, problems }: LoadedCatalog): CatalogProblem[] {
  const unusable = [...services.values()].flatMap(({ file, unusable: names }) =>
    [...names.keys()].map((name) => `${file} environments.${name}`),
  );
  return problems.filter(({ file, path: where }) => !unusable.includes(`${file} ${where}`));
}

/** Describes what this machine's catalog has of a service; empty where there is no catalog. */
export interface CatalogLookUp {
  /** The environment that was named; every stop of the service's train when none was. */
  entries: CatalogEntry[];
  /** Address of the service's repository; also there when the environment is unknown. */
  repository: string | undefined;
  problems: Problem[];
  /** Why this machine cannot read what the worker may well know: variables that are not set here. */
  doubts?: Problem[];
}

/** Looks a service and its environment up in this machine's catalog. The worker's catalog is what counts. */
export async function lookUpEnvironment(
  session: Pick<Session, 'dir' | 'environment'>,
  flag: string | undefined,
  { service, environment }: { [Name in keyof EnvironmentName]: string | undefined },
): Promise<CatalogLookUp> {
  const catalog = service === undefined ? undefined : await localCatalog(session, flag);
  if (service === undefined || !catalog || !saysAnythingOf(catalog, service))
    return { entries: [], repository: undefined, problems: [] };
  const repository = catalog.services.get(service)?.entry.repository.url;
  if (environment === undefined) {
    const train = catalogTrain(catalog, service);
    return 'stops' in train
      ? { entries: train.stops, repository, problems: [] }
      : { entries: [], repository, problems: [train] };
  }
  const found = catalogEntry(catalog, service, environment);
  if ('hash' in found) return { entries: [found], repository, problems: [] };
  const isUnreadable = !catalog.services.has(service) && hasFileOf(catalog, service);
  const none = { entries: [], repository };
  return isUnreadable ? { ...none, problems: [], doubts: [found] } : { ...none, problems: [found] };
}

/** Lists the environments of a service that this machine's catalog has; none of one that it does not know. */
export async function environmentsOf(
  session: Pick<Session, 'dir' | 'environment'>,
  service: string,
): Promise<string[]> {
  const found = (await localCatalog(session, undefined))?.services.get(service);
  return found ? Object.keys(found.entry.environments) : [];
}

/** A catalog without a service is not the one that counts, unless it has the file of this one. */
function saysAnythingOf(catalog: LoadedCatalog, service: string): boolean {
  return catalog.services.size > 0 || hasFileOf(catalog, service);
}

/** Tells whether a file of this service was found, and could not be read whole. */
function hasFileOf({ ambiguous, problems }: LoadedCatalog, service: string): boolean {
  return ambiguous.has(service) || problems.some(({ file }) => path.parse(file).name === service);
}

/** Loads this machine's catalog; undefined where the folder is not there. */
export async function localCatalog(
  { dir, environment }: Pick<Session, 'dir' | 'environment'>,
  flag: string | undefined,
): Promise<LoadedCatalog | undefined> {
  const folder = catalogFolder(flag, environment);
  const exists = await stat(folder).then(
    (found) => found.isDirectory(),
    () => false,
  );
  return exists ? loadCatalog(folder, await catalogVariables(dir, environment)) : undefined;
}
