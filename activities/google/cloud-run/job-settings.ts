import { gunzipSync, gzipSync } from 'node:zlib';
import { canonicalJson, sha256 } from '../../../catalog/canonical-json.ts';
import type { CloudRunEntry } from '../../../contract/catalog/targets/cloud-run.ts';
import { digestAnnotation, ownPrefix, type Annotations } from '../../fence.ts';
import { parseJson } from '../../json.ts';
import type { SyncJobRequest } from '../../ports/target.ts';
import { ownContainer } from './container.ts';
import { withoutEmpty } from './drift.ts';
import { isMark } from './execution-marks.ts';
import type { JobField } from './job.ts';
import type { Job } from './resources.ts';

type Template = NonNullable<Job['template']>;

/**
 * Digests all that a run takes from its job, besides what a state names itself: variables, account, network, volumes,
 * sidecars, limits. Another digest is another run than was approved (invariant I4); it shows no value (I9).
 */
export function settingsOf({ template, binaryAuthorization }: Job, target: CloudRunEntry): string {
  const { maxRetries: _retries, containers, ...task } = template?.template ?? {};
  const own = ownContainer(template?.template, target);
  const others = (containers ?? []).map((one) => {
    if (one !== own) return one;
    const { image: _image, command: _command, args: _args, env, ...rest } = one;
    return { ...rest, env: (env ?? []).filter(({ name }) => !isMark(name ?? '')) };
  });
  const settings = { ...template, template: { ...task, containers: others }, binaryAuthorization };
  return sha256(canonicalJson(withoutEmpty(settings)));
}

/**
 * Digests what a run of a smoke or a program of evidence takes from its job, besides what each sync sets anew. That is
 * of one change, such as the address of its candidate: the plan of the next one does not fall by it.
 */
export function keptSettingsOf({ annotations, template, binaryAuthorization }: Job, target: CloudRunEntry): string {
  const set = annotations?.[setAnnotation] ?? '';
  const names = parseJson(set);
  const { taskCount: _count, template: task, ...rest } = template ?? {};
  const { timeout: _timeout, containers, ...kept } = task ?? {};
  const own = ownContainer(task, target);
  const isSet = (name: string | null | undefined) => Array.isArray(names) && names.includes(name);
  const without = (containers ?? []).map((one) =>
    one === own ? { ...one, env: (one.env ?? []).filter(({ name }) => !isSet(name)) } : one,
  );
  const job = { template: { ...rest, template: { ...kept, containers: without } }, binaryAuthorization };
  return sha256(canonicalJson({ settings: settingsOf(job, target), set }));
}

/** Answers what of a job's settings a plan has, by what the job is for. */
export function plannedSettings(field: JobField): typeof settingsOf {
  return field === 'migrationJob' ? settingsOf : keptSettingsOf;
}

/** On a job that is not the migration's: the names of the variables that a sync has set. */
const setAnnotation = `${ownPrefix}set-variables`;

/**
 * Records the artifact of a sync, and of a job that is not the migration's which variables it sets. The digest of its
 * settings has that list, so that nobody hides a variable in it.
 */
export function recordSet(
  field: JobField,
  { artifact, variables, secrets }: Pick<SyncJobRequest, 'artifact' | 'variables' | 'secrets'>,
): Record<string, string> {
  const recorded = { [digestAnnotation]: artifact.digest };
  if (field === 'migrationJob') return recorded;
  return { ...recorded, [setAnnotation]: JSON.stringify([...Object.keys(variables), ...Object.keys(secrets)].sort()) };
}

/** On a job: the change that first wrote to it, and the template that it found, packed. A job has no revisions. */
const beforeAnnotation = `${ownPrefix}before`;
/** Platform: annotations of a resource are 256 KiB at most; ours leave room for others. */
const maxRecordLength = 200_000;

/** Records the template that a change finds; once in a change, so that a repeat does not record its own. */
export function recordBefore({ annotations, template }: Job, change: string): Record<string, string> {
  if (isRecordedBy(annotations, change)) return {};
  return { [beforeAnnotation]: `${change}:${isRecordable({ template }) ? packed(template) : ''}` };
}

/** Says whether a change has written to the job already: what it is now is that change's own. */
export function isRecordedBy(annotations: Annotations, change: string): boolean {
  return annotations?.[beforeAnnotation]?.startsWith(`${change}:`) ?? false;
}

/** Says whether a job's template is small enough to be recorded with the job. */
export function isRecordable({ template }: Pick<Job, 'template'>): boolean {
  return packed(template).length <= maxRecordLength;
}

/** Reads the template that the last change found; undefined if none is recorded. */
export function recordedBefore(annotations: Annotations): Template | undefined {
  const [, text = ''] = annotations?.[beforeAnnotation]?.split(':') ?? [];
  if (text === '') return undefined;
  return JSON.parse(gunzipSync(Buffer.from(text, 'base64')).toString('utf8')) as Template;
}

function packed(template: Job['template']): string {
  return gzipSync(JSON.stringify(template ?? {})).toString('base64');
}
