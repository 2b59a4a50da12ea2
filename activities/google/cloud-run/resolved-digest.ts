import { z } from 'zod';
import { digestOf, repositoryOf } from '../../../contract/artifact.ts';
import { isCode } from '../failure.ts';
import { Status } from 'google-gax';
import { countedCall, ofCloudRun } from '../counted-calls.ts';
import { answerError, httpCallError } from '../http-status.ts';
import { parentOf } from './resources.ts';
import type { ReadContext } from './session.ts';

const revision = z.object({
  metadata: z.object({ name: z.string() }),
  status: z.object({ imageDigest: z.string().default('') }).default({ imageDigest: '' }),
});
const listed = z.object({ items: z.array(revision).default([]) });

/**
 * Reads the image with the digest that the platform found for a tag when it made a revision; that is what the revision
 * runs, wherever the tag points now. Undefined where the platform does not tell. Platform: Cloud Run Admin v1,
 * RevisionStatus.image_digest; v2 has it of an instance only.
 */
export async function resolvedImage(context: ReadContext, name: string): Promise<string | undefined> {
  const found = revision.safeParse(await read(context, `revisions/${name}`)).data;
  return found && withDigest(found.status.imageDigest);
}

/** Reads the same of all revisions of the service, by their names. */
export async function resolvedImages(context: ReadContext): Promise<Map<string, string>> {
  const label = `serving.knative.dev/service=${context.target.service}`;
  const answer = await read(context, `revisions?limit=100&labelSelector=${encodeURIComponent(label)}`);
  const { items } = listed.safeParse(answer).data ?? { items: [] };
  return new Map(
    items.flatMap(({ metadata, status }) => {
      const image = withDigest(status.imageDigest);
      return image === undefined ? [] : [[metadata.name, image] as const];
    }),
  );
}

/** Answers a reference only if it has a digest. */
function withDigest(image: string): string | undefined {
  return digestOf(image) === undefined ? undefined : `${repositoryOf(image)}@${digestOf(image)}`;
}

/** Asks; undefined for what is not there, or what this version of the API does not tell the worker. */
async function read(context: ReadContext, path: string): Promise<unknown> {
  const { project, region } = context.target;
  const quota = { ...ofCloudRun('get'), project, region };
  const ask = () => askOnce(context, path);
  return countedCall(context.clients.budget, quota, ask, context.caller.signal);
}

async function askOnce({ clients, caller, target }: ReadContext, path: string): Promise<unknown> {
  const { callTimeoutMs, signal } = caller;
  const limit = AbortSignal.timeout(callTimeoutMs);
  try {
    const token = await clients.accessToken();
    const answer = await fetch(`${clients.runUrl}/v1/${parentOf(target)}/${path}`, {
      headers: { ...(token && { authorization: `Bearer ${token}` }) },
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
    });
    if (answer.ok) return await answer.json();
    await answer.body?.cancel();
    throw answerError(answer, `Cloud Run answered ${answer.status}`);
  } catch (cause) {
    signal?.throwIfAborted();
    const error = httpCallError(`look for the digest of ${target.service} in ${path}`, cause);
    if (isCode(error, Status.NOT_FOUND, Status.PERMISSION_DENIED)) return undefined;
    throw error;
  }
}
