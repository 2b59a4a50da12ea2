import { Status } from 'google-gax';
import type { RotatedSecret } from '../../../contract/plan.ts';
import { finalFailure } from '../../failure.ts';
import type { SecretInUse } from '../../ports/target.ts';
import { isCode } from '../failure.ts';
import { findVersion, stateOf } from '../secret-versions.ts';
import { jobsOf, fencedJobUpdate } from './job.ts';
import { shortName, type Container, type Revision, type RevisionTemplate } from './resources.ts';
import { findJob, findRevision, findService, subStep, type ReadContext, type WriteContext } from './session.ts';
import { servedShares } from './traffic.ts';

type References = Record<string, { secret: string; version: string }>;
type Volume = NonNullable<RevisionTemplate['volumes']>[number];

/** What reads secrets: a revision, its template, or the template of a job's task. */
interface SecretReader {
  containers?: Container[] | null;
  volumes?: Volume[] | null;
}

/** Stands for whichever version is the newest. Platform: Cloud Run resolves it when an instance starts. */
const newest = 'latest';

/**
 * Gives references a version of their own where the catalog says `latest`: the one that is read already, else the
 * newest. So no release takes a new value by accident, and only a rotation does (ADR 0034). What cannot be looked up
 * stays as it is, and the platform says why.
 */
export async function pinSecrets(
  context: ReadContext,
  present: SecretReader | null | undefined,
  references: References,
): Promise<References> {
  const pinned = Object.entries(references).map(async ([variable, { secret, version }]) => {
    if (version !== newest) return [variable, { secret, version }] as const;
    const read = versionIn(context, present, secret);
    return [variable, { secret, version: read ?? (await newestVersion(context, secret)) }] as const;
  });
  return Object.fromEntries(await Promise.all(pinned));
}

/** Answers the version of a secret that is read by its number; undefined if it is read as the newest, or not at all. */
export function versionIn(context: ReadContext, reader: SecretReader | null | undefined, secret: string) {
  return referencesIn(context, reader).find((one) => one.secret === secret && one.version !== newest)?.version;
}

/** Lists the secrets that a revision's variables carry. */
export async function secretsInUse(context: ReadContext, name: string): Promise<SecretInUse[]> {
  const revision = await findRevision(context, name);
  if (!revision) throw finalFailure('Missing', `revision ${name} of ${context.target.service} cannot be read`);
  return referencesIn(context, revision).flatMap(({ variable, secret, version }) =>
    variable === null ? [] : [{ variable, secret, version }],
  );
}

/** Gives what reads secrets as the newest the number of that version: from then on it stays with it. */
export async function pinNewest<Reader extends SecretReader>(context: ReadContext, reader: Reader): Promise<Reader> {
  const unpinned = referencesIn(context, reader).filter(({ version }) => version === newest);
  const secrets = [...new Set(unpinned.map(({ secret }) => secret))];
  const versions = secrets.map(async (secret) => ({ secret, to: await newestVersion(context, secret) }));
  return withVersions(context, reader, await Promise.all(versions));
}

/**
 * Says why new instances of a former reader would not have the secrets that the present one has, one line each: a
 * version is disabled, or it reads the newest, and the service stays with another. What cannot be asked just now is
 * left out, since no way back may wait for it (invariant I6).
 */
export async function lostSecrets(
  context: ReadContext,
  former: SecretReader,
  present: SecretReader | null | undefined,
): Promise<string[]> {
  const problems = referencesIn(context, former).map(async ({ secret, version }) => {
    const found = await findVersion(context, secret, version).catch(() => null);
    if (found === null) return [];
    const state = stateOf(found);
    if (state !== 'enabled') return [`version ${version} of secret ${secret} is ${state}`];
    const stays = version === newest ? versionIn(context, present, secret) : undefined;
    const number = shortName(found?.name);
    if (stays === undefined || stays === number) return [];
    return [`it would read the newest version of secret ${secret}, ${number}, and the service stays with ${stays}`];
  });
  return [...new Set((await Promise.all(problems)).flat())];
}

/** Gives a template other versions of these secrets, in its variables and in its files. */
export function withVersions<Reader extends SecretReader>(
  { target }: ReadContext,
  reader: Reader,
  secrets: readonly Pick<RotatedSecret, 'secret' | 'to'>[],
): Reader {
  const next = (secret: string | null | undefined) =>
    secrets.find((one) => one.secret === idOf(target.project, secret));
  const containers = reader.containers?.map((container) => ({
    ...container,
    env: container.env?.map((variable) => {
      const reference = variable.valueSource?.secretKeyRef;
      const rotated = next(reference?.secret);
      if (!reference || !rotated) return variable;
      return { ...variable, valueSource: { secretKeyRef: { ...reference, version: rotated.to } } };
    }),
  }));
  const volumes = reader.volumes?.map((volume): Volume => {
    const rotated = next(volume.secret?.secret);
    const items = volume.secret?.items?.map((item) => ({ ...item, version: rotated?.to ?? item.version }));
    return rotated ? { ...volume, secret: { ...volume.secret, items } } : volume;
  });
  return { ...reader, ...(containers && { containers }), ...(volumes && { volumes }) };
}

/** Gives the jobs beside a service the versions that it has by now. A job that is not there is left out. */
export async function syncJobSecrets(write: WriteContext, secrets: readonly RotatedSecret[]): Promise<void> {
  for (const name of jobsOf(write.target)) {
    const task = (await findJob(write, name))?.template?.template;
    if (!referencesIn(write, task).some(({ secret }) => secrets.some((one) => one.secret === secret))) continue;
    await fencedJobUpdate(subStep(write, name), {
      name,
      inAnyState: true,
      change: ({ template }) => ({
        template: { ...template, template: withVersions(write, template?.template ?? {}, secrets) },
      }),
    });
  }
}

/**
 * Lists what reads a version of a secret: the service's template, the revisions that have traffic or a tag, and the
 * jobs. A service that is not there reads nothing.
 */
export async function secretReaders(context: ReadContext, secret: string, version: string): Promise<string[]> {
  const service = await findService(context);
  const tagged = (service?.trafficStatuses ?? []).map(({ revision }) => shortName(revision));
  const shares = service ? servedShares(service).map(({ revision }) => revision) : [];
  const revisions = [...new Set([...tagged, ...shares])].filter((name) => name !== '');
  const readers: [string, SecretReader | null | undefined][] = [
    [`the template of ${context.target.service}`, service?.template],
    ...(await Promise.all(
      revisions.map(async (name): Promise<[string, Revision | undefined]> => [
        `revision ${name}`,
        await findRevision(context, name),
      ]),
    )),
    ...(await Promise.all(
      jobsOf(context.target).map(async (name): Promise<[string, SecretReader | null | undefined]> => [
        `job ${name}`,
        (await findJob(context, name))?.template?.template,
      ]),
    )),
  ];
  const reads = (reader: SecretReader | null | undefined) =>
    referencesIn(context, reader).some((one) => one.secret === secret && one.version === version);
  return readers.filter(([, reader]) => reads(reader)).map(([name]) => name);
}

interface Reference {
  /** Null where a file carries the secret. */
  variable: string | null;
  secret: string;
  version: string;
}

function referencesIn({ target }: ReadContext, reader: SecretReader | null | undefined): Reference[] {
  const { project } = target;
  const variables = (reader?.containers ?? []).flatMap(({ env }) =>
    (env ?? []).flatMap(({ name, valueSource }) => {
      const reference = valueSource?.secretKeyRef;
      if (!reference) return [];
      return [{ variable: name ?? '', secret: idOf(project, reference.secret), version: reference.version || newest }];
    }),
  );
  const files = (reader?.volumes ?? []).flatMap(({ secret }) =>
    (secret?.items ?? []).map(({ version }) => ({
      variable: null,
      secret: idOf(project, secret?.secret),
      version: version || newest,
    })),
  );
  return [...variables, ...files];
}

/** Shortens the name of a secret of the service's own project; another project's stays whole. */
function idOf(project: string, secret: string | null | undefined): string {
  const own = `projects/${project}/secrets/`;
  const name = secret ?? '';
  return name.startsWith(own) ? name.slice(own.length) : name;
}

/** Answers the number of the newest version; `latest` where nobody may say. */
async function newestVersion(context: ReadContext, secret: string): Promise<string> {
  const found = await findVersion(context, secret, newest).catch((error: unknown) => {
    if (isCode(error, Status.PERMISSION_DENIED)) return undefined;
    throw error;
  });
  return shortName(found?.name) || newest;
}
