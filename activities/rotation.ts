import type { CatalogEntry } from '../contract/catalog/catalog.ts';
import type { TargetEntry } from '../contract/catalog/targets/index.ts';
import type { Problem } from '../contract/failures.ts';
import type { Marker } from '../contract/fence.ts';
import type { RotatedSecret } from '../contract/plan.ts';
import { invalidInput, isPermanent, passingFailure, activityAttempt } from './failure.ts';
import { withHeartbeat } from './heartbeat.ts';
import { oneLine } from './one-line.ts';
import type { Ports } from './ports/index.ts';
import type { SecretInUse, Target } from './ports/target.ts';

/** What a rotation asks for: numbers of versions, by the variable that carries the secret. */
export type RotationRequest = Readonly<Record<string, string>>;

/** What became of the versions that served before a rotation. */
export interface RetiredSecrets {
  /** Versions that nobody can read any more. */
  disabled: RotatedSecret[];
  /** Versions that stay enabled, each with the reason. */
  kept: { secret: RotatedSecret; why: string }[];
}

export interface RetireRequest {
  entry: CatalogEntry;
  marker: Marker;
  secrets: readonly RotatedSecret[];
}

/**
 * Finds what a rotation changes of what serves. Throws `InvalidInput` with all problems at once: a variable that
 * carries no secret, a version that is not there. Reads no value.
 */
export async function planRotation(
  { targets, secrets }: Pick<Ports, 'targets' | 'secrets'>,
  { service, environment, settings: { target, secrets: declared } }: CatalogEntry,
  revision: string,
  request: RotationRequest,
): Promise<RotatedSecret[]> {
  const inUse = await targets[target.kind].secretsInUse(target, revision);
  const looks = Object.entries(request).map(async ([variable, to]): Promise<RotatedSecret | Problem> => {
    const path = `secrets.${variable}`;
    const found = inUse.find((one) => one.variable === variable);
    if (!found) return { path, message: `carries no secret of ${service} in ${environment}; ${listOf(inUse)}` };
    const { secret, version: from } = found;
    const named = declared[variable]?.version ?? 'latest';
    if (named !== 'latest' && named !== to)
      return {
        path,
        message: `the catalog names version ${named}, and a release would bring it back: say latest there`,
      };
    const state = await secrets.stateOf(target, secret, to);
    if (state === 'missing') retryWhileNew(`version ${to} of secret ${secret} is not there yet`);
    if (state === 'enabled') return { variable, secret, from, to };
    return { path, message: `version ${to} of secret ${secret} is ${state}` };
  });
  const found = await Promise.all(looks);
  const rotated = found.filter((one) => 'to' in one);
  const problems = [...found.filter((one) => 'path' in one), ...contradictions(rotated)];
  if (problems.length > 0) throw invalidInput(problems);
  return rotated;
}

/**
 * Says why there is no way back from a rotation: what serves reads a secret as the newest, so each new instance of it
 * has the new value already.
 */
export function rotationObstacles(revision: string, secrets: readonly RotatedSecret[]): string[] {
  return secrets
    .filter(({ from }) => from === 'latest')
    .map(
      ({ variable }) =>
        `revision ${revision} reads ${variable} as the newest version, so a new instance of it takes the new value, ` +
        'also after a restore: release or restart it before a version is added, and it stays with its version',
    );
}

/** Offers the end of a rotation as an activity: it disables what served before. */
export function createRotationActivities({
  catalog,
  secrets: store,
  targets,
}: Pick<Ports, 'catalog' | 'secrets' | 'targets'>) {
  return {
    /**
     * Gives the jobs the new versions, then disables each old one that nothing reads any more. What has to stay enabled
     * is an answer: a rotation is not taken back for it.
     */
    async retireSecrets({ entry, marker, secrets }: RetireRequest): Promise<RetiredSecrets> {
      const { target } = entry.settings;
      return withHeartbeat(async (progress, signal) => {
        await at(target).syncJobSecrets(target, { marker, secrets, progress, signal });
        const places = (await catalog.places()).filter((place) => isNeighbour(place, entry));
        const retired: RetiredSecrets = { disabled: [], kept: [] };
        for (const secret of distinct(secrets)) {
          const why = await retire(entry, secret, marker, places);
          if (why === null) retired.disabled.push(secret);
          else retired.kept.push({ secret, why });
        }
        return retired;
      });
    },
  };

  /** Disables one version; answers why it stays otherwise. */
  async function retire(
    { settings: { target } }: CatalogEntry,
    { secret, from }: RotatedSecret,
    marker: Marker,
    places: readonly CatalogEntry[],
  ): Promise<string | null> {
    if (from === 'latest') return 'nobody knows which version served before';
    try {
      const readers = await Promise.all(
        places.map(({ settings: { target: place } }) => at(place).secretReaders(place, secret, from)),
      );
      const [reader, ...others] = readers.flat();
      if (reader !== undefined) return `it is still read by ${[reader, ...others].join(', ')}`;
      await store.disable(target, secret, from, marker);
      return null;
    } catch (error) {
      if (!isPermanent(error)) throw error;
      return oneLine(error.message);
    }
  }

  function at(target: TargetEntry): Target {
    return targets[target.kind];
  }
}

/** Says whether an environment's target has its secrets in the same store, so that it may read the same one. */
function isNeighbour({ settings: { target: place } }: CatalogEntry, { settings: { target } }: CatalogEntry): boolean {
  if (place.kind === 'cloudRun') return target.kind === 'cloudRun' && place.project === target.project;
  return target.kind === 'kubernetes' && place.namespace === target.namespace && place.context === target.context;
}

/** A version that was just added may be seen a little later. Platform: Secret Manager, resource consistency. */
const maxLooks = 5;

function retryWhileNew(why: string): void {
  if (activityAttempt() < maxLooks) throw passingFailure(why);
}

/** Two variables may carry one secret: it has one version to retire. */
function distinct(secrets: readonly RotatedSecret[]): RotatedSecret[] {
  return secrets.filter(
    ({ secret, from }, index) => secrets.findIndex((one) => one.secret === secret && one.from === from) === index,
  );
}

function contradictions(secrets: readonly RotatedSecret[]): Problem[] {
  return secrets
    .filter(({ secret, to }) => secrets.some((other) => other.secret === secret && other.to !== to))
    .map(({ variable, secret }) => ({
      path: `secrets.${variable}`,
      message: `secret ${secret} is given two different versions`,
    }));
}

function listOf(inUse: readonly SecretInUse[]): string {
  if (inUse.length === 0) return 'what serves there reads no secret by a variable';
  return `those that do: ${inUse.map(({ variable }) => variable).join(', ')}`;
}
