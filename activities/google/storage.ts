import { Storage, type StorageOptions } from '@google-cloud/storage';
import { sha256 } from '../../catalog/load.ts';
import { objectPath } from '../../contract/ids.ts';
import type { StepFailureType } from '../../contract/failures.ts';
import { finalFailure, passingFailure, signInFailure } from '../failure.ts';
import type { EvidenceObjects } from '../ports/index.ts';

/** Statuses that no repeat mends (platform: Cloud Storage, "HTTP status and error codes for JSON"). */
const finalTypes: Readonly<Record<number, StepFailureType>> = { 400: 'BadRequest', 403: 'Denied', 404: 'Missing' };
const preconditionFailed = 412;
const timeoutMs = 20_000;

/**
 * Keeps texts of evidence as objects of a bucket, `gs://<bucket>/<prefix>`, each created only where there is none. With
 * an address it is the sandbox's; else Google's, by Application Default Credentials. Throws for another form of name.
 */
export function createBucketObjects(place: string, endpoint?: { http: string }): EvidenceObjects {
  const [, name, prefix = ''] = /^gs:\/\/([a-z0-9][\w.-]{1,220}[a-z0-9])(?:\/(.*?))?\/?$/.exec(place) ?? [];
  if (name === undefined) throw new TypeError(`the bucket of evidence must be gs://<bucket>/<prefix>, not ${place}`);
  const bucket = new Storage(optionsFor(endpoint)).bucket(name);
  const fileOf = (hash: string) => bucket.file(`${prefix === '' ? '' : `${prefix}/`}${objectPath(hash)}`);
  return {
    async keep(text) {
      const hash = sha256(text);
      // One that is there stays, whatever it has: whoever reads it sees whether it has this hash.
      const isNew = { ifGenerationMatch: 0 };
      await fileOf(hash)
        .save(text, { resumable: false, contentType: 'text/plain; charset=utf-8', preconditionOpts: isNew })
        .catch((error: unknown) => {
          if (codeOf(error) !== preconditionFailed) throw asFailure(`keep evidence in ${place}`, error);
        });
      return hash;
    },
    async read(hash) {
      try {
        const [content] = await fileOf(hash).download();
        return content;
      } catch (error) {
        if (codeOf(error) === 404) return null;
        throw asFailure(`read evidence of ${place}`, error);
      }
    },
  };
}

function optionsFor(endpoint: { http: string } | undefined): StorageOptions {
  const common = { retryOptions: { autoRetry: false }, timeout: timeoutMs };
  return endpoint?.http ? { ...common, apiEndpoint: endpoint.http, projectId: 'sandbox' } : common;
}

function asFailure(what: string, error: unknown): Error {
  const code = codeOf(error);
  const message = `${what}: ${error instanceof Error ? error.message : String(error)} (status ${code ?? 'none'})`;
  const final = code === undefined ? undefined : finalTypes[code];
  if (final) return finalFailure(final, message);
  return code === 401 ? signInFailure(message) : passingFailure(message, { isQuota: code === 429 });
}

function codeOf(error: unknown): number | undefined {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'number' ? code : undefined;
}
