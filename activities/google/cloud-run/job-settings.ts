import { gunzipSync, gzipSync } from 'node:zlib';
import { canonicalJson, sha256 } from '../../../catalog/load.ts';
import type { CloudRunEntry } from '../../../contract/catalog/targets/cloud-run.ts';
import { ownPrefix, type Annotations } from '../../fence.ts';
import { ownContainer } from './container.ts';
import { withoutEmpty } from './drift.ts';
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
    const { image: _image, command: _command, args: _args, ...rest } = one;
    return one === own ? rest : one;
  });
  const settings = { ...template, template: { ...task, containers: others }, binaryAuthorization };
  return sha256(canonicalJson(withoutEmpty(settings)));
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
