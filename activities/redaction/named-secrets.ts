import { secretVariablePrefix } from '../../contract/catalog/notifications.ts';
import type { TargetEntry } from '../../contract/catalog/targets/index.ts';

/** A version of a secret of a target's platform. */
export interface NamedSecret {
  secret: string;
  version: string;
}

/** A target, with the secrets that are named for it. */
export interface NamedPlace {
  target: TargetEntry;
  /** The catalog entry as JSON; null where only its target is named. */
  entry: string | null;
  secrets: NamedSecret[];
}

export interface PlaceName {
  service: string;
  environment: string;
}

export interface Named {
  places: NamedPlace[];
  /** Places that are named only. */
  names: PlaceName[];
  /** Variables of the worker that hold secrets. */
  variables: string[];
}

/** Finds the places and their secrets that the arguments of an activity name. */
export function namedIn(args: readonly unknown[]): Named {
  const objects = objectsIn(args);
  const entries = objects.filter(isEntry);
  const others = args.flatMap((arg) => objectsIn(arg, isEntry));
  // What stands beside an entry, such as the versions of a rotation, is about the same place.
  const beside = secretsOf(others);
  const alone = others.filter(hasTarget).map(({ target }) => ({ target, entry: null, secrets: beside }));
  const places = entries.map((entry) => ({
    target: entry.settings.target,
    entry: JSON.stringify(entry),
    secrets: eachOnce([...secretsOf(objectsIn(entry)), ...beside]),
  }));
  const variables = objects.filter(isVariable).map(({ variable }) => variable);
  const names = others.filter(isName).map(({ service, environment }) => ({ service, environment }));
  return { places: [...places, ...alone], names: eachOnce(names), variables: eachOnce(variables) };
}

/** Lists the objects in a value, however deep, but for those that are left out and what is in them. */
function objectsIn(value: unknown, isLeftOut: (value: object) => boolean = () => false): object[] {
  if (value === null || typeof value !== 'object' || isLeftOut(value)) return [];
  return [value, ...Object.values(value).flatMap((inner) => objectsIn(inner, isLeftOut))];
}

function secretsOf(objects: readonly object[]): NamedSecret[] {
  const versions = objects.filter(isSecret).flatMap(({ secret, version, from, to }) => {
    const named = [version, from, to].filter((one) => one !== undefined);
    return (named.length > 0 ? named : ['latest']).map((each) => ({ secret, version: each }));
  });
  return eachOnce(versions);
}

function eachOnce<T>(values: readonly T[]): T[] {
  return [...new Map(values.map((value) => [JSON.stringify(value), value])).values()];
}

function isEntry(value: object): value is { settings: { target: TargetEntry } } {
  if (!('settings' in value) || typeof value.settings !== 'object' || value.settings === null) return false;
  return hasTarget(value.settings);
}

function isName(value: object): value is PlaceName {
  const { service, environment } = value as Record<string, unknown>;
  return typeof service === 'string' && typeof environment === 'string';
}

function hasTarget(value: object): value is { target: TargetEntry } {
  return 'target' in value && typeof value.target === 'object' && value.target !== null && 'kind' in value.target;
}

function isSecret(value: object): value is { secret: string; version?: string; from?: string; to?: string } {
  const { secret, version, from, to } = value as Record<string, unknown>;
  return typeof secret === 'string' && [version, from, to].every((one) => one === undefined || typeof one === 'string');
}

function isVariable(value: object): value is { variable: string } {
  return 'variable' in value && typeof value.variable === 'string' && value.variable.startsWith(secretVariablePrefix);
}
