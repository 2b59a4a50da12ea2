import type { V1Container, V1EnvVar, V1PodTemplateSpec } from '@kubernetes/client-node';
import type { RotatedSecret } from '../../contract/plan.ts';
import { ownPrefix } from '../fence.ts';
import type { SecretState } from '../ports/platform.ts';
import { isWorkload, isRecord, valueAt, withValueAt, type Manifest, type ObjectName } from './manifests/manifest.ts';
import type { Rendering } from './manifests/render.ts';
import type { ReadContext } from './session.ts';
import type { WorkloadObject } from './workload.ts';

/**
 * A Secret has no versions, so each further version of a key is a Secret of its own: `<name>-v2`. The pods name the one
 * that they read, so a revision keeps its version, as on a platform that has them (ADR 0034).
 */

/** On pods: the number of the version of each secret that has more than the first, by `name/key`. */
const versionsAnnotation = `${ownPrefix}secret-versions`;

/** Label of the Secrets that hold further versions. */
export const versionLabel = `${ownPrefix}secret-version`;

/** The version that the overlay itself names. */
const firstVersion = '1';

/** What a version's key is called once it is disabled: no container finds it, and a person can give its name back. */
const disabledSuffix = '.disabled';

type Versions = Readonly<Record<string, string>>;

/** A secret that a variable of a container carries. */
export interface Reference {
  variable: string;
  /** `name/key`, as the overlay names it. */
  secret: string;
  version: string;
}

export function splitSecret(secret: string): { name: string; key: string | undefined } {
  const [name = secret, key] = secret.split('/');
  return { name, key };
}

/** Names the Secret that holds a version of one. */
export function versionedName(name: string, version: string): string {
  return version === firstVersion ? name : `${name}-v${version}`;
}

/** Reads which further versions pods read; a template that was never rotated has none. */
function versionsOf(template: V1PodTemplateSpec | undefined): Versions {
  const text = template?.metadata?.annotations?.[versionsAnnotation];
  try {
    const found: unknown = JSON.parse(text ?? '{}');
    const entries = isRecord(found) ? Object.entries(found) : [];
    return Object.fromEntries(entries.filter((entry): entry is [string, string] => typeof entry[1] === 'string'));
  } catch {
    return {};
  }
}

/** Answers the version of a secret that pods read: the first where they name no other. */
export function versionIn(template: V1PodTemplateSpec | undefined, secret: string): string {
  return versionsOf(template)[secret] ?? firstVersion;
}

/** Lists the containers of pods, those that run before the others included. */
function containersOf(template: V1PodTemplateSpec | undefined): V1Container[] {
  return [...(template?.spec?.initContainers ?? []), ...(template?.spec?.containers ?? [])];
}

/** Lists the secrets that variables of a template's containers carry, each key of a whole Secret as well. */
export async function referencesIn(context: ReadContext, template: V1PodTemplateSpec): Promise<Reference[]> {
  const versions = versionsOf(template);
  const found = await Promise.all(
    containersOf(template).map(async (container) => {
      const own = (container.env ?? []).flatMap((variable) => referenceOf(variable, versions) ?? []);
      const set = new Set((container.env ?? []).map(({ name }) => name));
      const whole = (await Promise.all((container.envFrom ?? []).map((source) => keysOf(context, source)))).flat();
      return [...own, ...whole.filter(({ variable }) => !set.has(variable))];
    }),
  );
  return found.flat();
}

function referenceOf({ name: variable, valueFrom }: V1EnvVar, versions: Versions): Reference | undefined {
  const { name = '', key } = valueFrom?.secretKeyRef ?? {};
  if (key === undefined) return undefined;
  const known = Object.entries(versions).find(([secret, version]) => {
    const base = splitSecret(secret);
    return base.key === key && versionedName(base.name, version) === name;
  });
  return known
    ? { variable, secret: known[0], version: known[1] }
    : { variable, secret: `${name}/${key}`, version: firstVersion };
}

async function keysOf(
  { objects, target }: ReadContext,
  { prefix = '', secretRef }: NonNullable<V1Container['envFrom']>[number],
): Promise<Reference[]> {
  const name = secretRef?.name;
  if (name === undefined) return [];
  const data = (await objects.read(secretObject(name, target.namespace)))?.['data'];
  return Object.keys(isRecord(data) ? data : {})
    .filter((key) => !key.endsWith(disabledSuffix))
    .map((key) => ({ variable: `${prefix}${key}`, secret: `${name}/${key}`, version: firstVersion }));
}

/** Gives a template other versions of its secrets, and notes which. A variable of a whole Secret gets its own entry. */
export function withVersions(
  template: V1PodTemplateSpec,
  secrets: readonly Pick<RotatedSecret, 'variable' | 'secret' | 'to'>[],
): V1PodTemplateSpec {
  const before = versionsOf(template);
  const versions = { ...before, ...Object.fromEntries(secrets.map(({ secret, to }) => [secret, to])) };
  const changed = (container: V1Container): V1Container => {
    const env = (container.env ?? []).map((variable) => {
      const reference = referenceOf(variable, before);
      const rotated = secrets.find(({ secret }) => secret === reference?.secret);
      return rotated ? { ...variable, valueFrom: keyOf(rotated) } : variable;
    });
    const whole = secrets.filter(
      ({ variable, secret }) => readsWhole(container, secret) && !env.some(({ name }) => name === variable),
    );
    const added = whole.map((rotated) => ({ name: rotated.variable, valueFrom: keyOf(rotated) }));
    return env.length + added.length === 0 ? container : { ...container, env: [...env, ...added] };
  };
  const { containers = [], initContainers } = template.spec ?? {};
  return {
    ...template,
    metadata: {
      ...template.metadata,
      annotations: { ...template.metadata?.annotations, [versionsAnnotation]: JSON.stringify(versions) },
    },
    spec: {
      ...template.spec,
      ...(initContainers && { initContainers: initContainers.map(changed) }),
      containers: containers.map(changed),
    },
  };
}

function readsWhole({ envFrom = [] }: V1Container, secret: string): boolean {
  return envFrom.some(({ secretRef }) => secretRef?.name === splitSecret(secret).name);
}

function keyOf({ secret, to }: Pick<RotatedSecret, 'secret' | 'to'>): NonNullable<V1EnvVar['valueFrom']> {
  const { name, key = '' } = splitSecret(secret);
  return { secretKeyRef: { name: versionedName(name, to), key } };
}

/**
 * Gives rendered pods the versions that live by now: an overlay knows no rotation, and no release goes back to an older
 * value by accident.
 */
export function keepVersions(rendering: Rendering, live: WorkloadObject | undefined): Rendering {
  const template = live?.spec.template;
  const versions = Object.entries(versionsOf(template));
  if (versions.length === 0) return rendering;
  const secrets = versions.map(([secret, to]) => ({ variable: variableOf(template, secret, to), secret, to }));
  const kept = (manifest: Manifest): Manifest => {
    const rendered = valueAt(manifest, ['spec', 'template']) as V1PodTemplateSpec;
    return withValueAt(manifest, ['spec', 'template'], withVersions(rendered, secrets));
  };
  const { manifests, workload, migration } = rendering;
  return {
    ...rendering,
    manifests: manifests.map((manifest) => (isWorkload(manifest, workload) ? kept(manifest) : manifest)),
    ...(migration && { migration: { ...migration, job: kept(migration.job) } }),
  };
}

/** Names the variable that carries a version in a template; its key where none does. */
function variableOf(template: V1PodTemplateSpec | undefined, secret: string, version: string): string {
  const { name, key = '' } = splitSecret(secret);
  const variables = containersOf(template).flatMap(({ env = [] }) => env);
  const found = variables.find(({ valueFrom }) => {
    const reference = valueFrom?.secretKeyRef;
    return reference?.name === versionedName(name, version) && reference.key === key;
  });
  return found?.name ?? key;
}

/** Says whether a version could be read. A disabled one is there, and no container finds it. */
export async function stateOfVersion(context: ReadContext, secret: string, version: string): Promise<SecretState> {
  const { name, key } = splitSecret(secret);
  const data = await dataOf(context, name, version);
  if (keyIn(data, key) !== undefined) return 'enabled';
  return key !== undefined && data[`${key}${disabledSuffix}`] !== undefined ? 'disabled' : 'missing';
}

/** Reads the value of a version in base64; undefined if it is not there, or disabled. */
export async function findValue(context: ReadContext, secret: string, version: string): Promise<string | undefined> {
  const { name, key } = splitSecret(secret);
  const data = await dataOf(context, name, version);
  const value = data[keyIn(data, key) ?? ''];
  return typeof value === 'string' ? value : undefined;
}

/**
 * Disables a version: the server itself moves the value to another key, so it does not pass through here. A repeat
 * finds it moved.
 */
export async function disableVersion(context: ReadContext, secret: string, version: string): Promise<void> {
  const { objects, target } = context;
  const { name, key = '' } = splitSecret(secret);
  const live = await objects.read(secretObject(versionedName(name, version), target.namespace));
  if (!live || (await stateOfVersion(context, secret, version)) !== 'enabled') return;
  const path = (of: string) => `/data/${of.replaceAll('~', '~0').replaceAll('/', '~1')}`;
  await objects.patchVersion(live, [{ op: 'move', from: path(key), path: path(`${key}${disabledSuffix}`) }]);
}

/** Says whether pods read a version of a secret, by a variable or as a file. */
export async function readsVersion(
  context: ReadContext,
  template: V1PodTemplateSpec,
  secret: string,
  version: string,
): Promise<boolean> {
  const file = versionedName(splitSecret(secret).name, version);
  const isFile = (template.spec?.volumes ?? []).some(
    ({ secret: mounted, projected }) =>
      mounted?.secretName === file || (projected?.sources ?? []).some((source) => source.secret?.name === file),
  );
  const references = await referencesIn(context, template);
  return isFile || references.some((one) => one.secret === secret && one.version === version);
}

/** Lists the versions that pods of a template would not find, one line each. What cannot be asked is left out. */
export async function unreadableSecrets(context: ReadContext, template: V1PodTemplateSpec): Promise<string[]> {
  const references = await referencesIn(context, template).catch(() => []);
  const problems = references.map(async ({ secret, version }) => {
    const state = await stateOfVersion(context, secret, version).catch(() => 'enabled' as const);
    return state === 'enabled' ? [] : [`version ${version} of secret ${secret} is ${state}`];
  });
  return [...new Set((await Promise.all(problems)).flat())];
}

export function secretObject(name: string, namespace: string): ObjectName {
  return { apiVersion: 'v1', kind: 'Secret', metadata: { name, namespace } };
}

async function dataOf({ objects, target }: ReadContext, name: string, version: string) {
  const found = await objects.read(secretObject(versionedName(name, version), target.namespace));
  const data = found?.['data'];
  return isRecord(data) ? data : {};
}

/** Finds the key that is meant: the named one, or the only one. */
function keyIn(data: Record<string, unknown>, key: string | undefined): string | undefined {
  const keys = Object.keys(data);
  const meant = key ?? (keys.length === 1 ? keys[0] : undefined);
  return meant !== undefined && data[meant] !== undefined ? meant : undefined;
}
