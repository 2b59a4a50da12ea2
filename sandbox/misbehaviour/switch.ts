import { readdir } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { readJson, writeJson } from '../atomic-file.ts';
import { sampleServices } from '../seed/estate.ts';
import { cloudRunMisbehaviour, clusterMisbehaviour, misbehaviourFolder } from './files.ts';
import { isWay, ways } from './ways.ts';
import type { WayName } from './ways.ts';

/** Where something serves: a service of the estate, or any Cloud Run service with the sample runtime's image. */
export interface Place {
  service: string;
  environment: string;
}

/**
 * Finds the file that a place reads. Throws when the place has nothing that could misbehave. A service that is not of
 * the estate is named as those of the estate are: with its environment as suffix, but in production.
 */
const fileOf = (cloudDir: string, { service, environment }: Place): string => {
  const sample = sampleServices.find(({ name }) => name === service);
  if (sample === undefined)
    return cloudRunMisbehaviour(cloudDir, environment === 'production' ? service : `${service}-${environment}`);
  if (!sample.isObservable) throw new Error(`${service} cannot misbehave; these can: ${observable()}`);
  const found = sample.environments.find(({ name }) => name === environment);
  if (!found)
    throw new Error(
      `${service} has no environment ${environment}; there is: ` +
        sample.environments.map(({ name }) => name).join(', '),
    );
  if (found.cluster) return clusterMisbehaviour(cloudDir, found.cluster.namespace);
  return cloudRunMisbehaviour(cloudDir, found.service ?? `${service}-${environment}`);
};

const observable = (): string =>
  sampleServices
    .filter(({ isObservable }) => isObservable)
    .map(({ name }) => name)
    .join(', ');

const read = async (file: string): Promise<WayName[]> =>
  (((await readJson(file)) ?? []) as string[]).filter((name) => isWay(name));

/** Change of the ways of a place; without a way it switches all off. */
export interface Switch {
  way?: string | undefined;
  isOn: boolean;
}

/**
 * Switches a way on or off, in the sandbox whose state is in `dir`. Answers the ways that are on afterwards; the
 * service behaves so within about a second, without a new revision.
 */
export const switchWay = async (dir: string, place: Place, { way, isOn }: Switch): Promise<WayName[]> => {
  if (way !== undefined && !isWay(way))
    throw new Error(`there is no way ${way}; there is: ${Object.keys(ways).join(', ')}`);
  const file = fileOf(join(dir, 'cloud'), place);
  const others = way === undefined ? [] : (await read(file)).filter((name) => name !== way);
  const on = way !== undefined && isOn ? [...others, way] : others;
  await writeJson(file, on);
  return on;
};

/** Reads the ways that are on, by the Cloud Run service or the namespace of the cluster. */
export const waysThatAreOn = async (dir: string): Promise<{ place: string; ways: WayName[] }[]> => {
  const folder = misbehaviourFolder(join(dir, 'cloud'));
  const files = await readdir(folder, { recursive: true }).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return [];
    throw error;
  });
  const places = files
    .filter((file) => file.endsWith('.json'))
    .map(async (file) => ({ place: placeOf(file), ways: await read(join(folder, file)) }));
  return (await Promise.all(places)).filter((each) => each.ways.length > 0);
};

const placeOf = (file: string): string =>
  `${file.startsWith('cluster') ? 'namespace' : 'Cloud Run service'} ${basename(file, '.json')}`;
