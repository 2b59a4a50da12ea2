import { z } from 'zod';
import type { StoredAttestation } from '../../ports/attestations.ts';
import type { Caller } from '../call.ts';
import type { GoogleClients } from '../clients.ts';
import { uncountedQuota } from '../call-budget.ts';
import { countedCall } from '../counted-calls.ts';
import { answerError, httpCallError } from '../http-status.ts';
import { registryRepository } from '../registry-api.ts';
import { bundlesOfEnvelope, envelope } from './envelope.ts';

const maxPages = 10;

const occurrences = z.object({
  nextPageToken: z.string().default(''),
  occurrences: z.array(z.object({ name: z.string().default(''), envelope: envelope.optional() })).default([]),
});

/**
 * Reads the provenance that Cloud Build leaves with Artifact Analysis for an image: what is signed is the envelope of
 * an occurrence of kind BUILD. Platform: Container Analysis v1, projects.occurrences.list; Cloud Build, provenance.
 */
export async function attestationsInAnalysis(
  clients: GoogleClients,
  caller: Caller,
  image: string,
): Promise<StoredAttestation[]> {
  const project = registryRepository(image)?.name.split('/')[0];
  if (!project) return [];
  const url = new URL(`${clients.analysisUrl}/v1/projects/${project}/occurrences`);
  url.searchParams.set('filter', `kind="BUILD" AND resourceUrl="https://${image}"`);
  url.searchParams.set('pageSize', '100');
  const quota = uncountedQuota('requests to Artifact Analysis', project);
  const found: StoredAttestation[] = [];
  for (let number = 1; number <= maxPages; number += 1) {
    const page = () => pageOf(clients, caller, url, image);
    const { occurrences: listed, nextPageToken } = await countedCall(clients.budget, quota, page, caller.signal);
    for (const { name, envelope: signed } of listed) {
      const place = `occurrence ${name.split('/').at(-1)}`;
      if (signed) found.push(...bundlesOfEnvelope(signed).map((bundle) => ({ place, bundle })));
    }
    if (nextPageToken === '') return found;
    url.searchParams.set('pageToken', nextPageToken);
  }
  return [{ place: '', problem: 'Artifact Analysis has more of it than is read' }, ...found];
}

async function pageOf(
  { accessToken }: GoogleClients,
  { callTimeoutMs, signal }: Caller,
  url: URL,
  image: string,
): Promise<z.infer<typeof occurrences>> {
  const limit = AbortSignal.timeout(callTimeoutMs);
  try {
    const token = await accessToken();
    const answer = await fetch(url, {
      headers: { ...(token && { authorization: `Bearer ${token}` }) },
      signal: signal ? AbortSignal.any([signal, limit]) : limit,
    });
    if (!answer.ok) throw answerError(answer, await refusalOf(answer));
    return occurrences.parse(await answer.json());
  } catch (error) {
    signal?.throwIfAborted();
    throw httpCallError(`look for the provenance of ${image} in Artifact Analysis`, error);
  }
}

/** Reads why a call was refused: the permission that it names says which role to grant. */
async function refusalOf(answer: Response): Promise<string> {
  const body = (await answer.json().catch(() => null)) as { error?: { message?: unknown } } | null;
  const message = body?.error?.message;
  return typeof message === 'string' ? message : `Artifact Analysis answered ${answer.status}`;
}
