import { Storage } from '@google-cloud/storage';
import { sha256 } from '../../catalog/load.ts';
import { objectPath } from '../../contract/ids.ts';
import type { EvidenceObjects } from '../ports/index.ts';
import { asFailure } from './failure.ts';
import { httpCallError } from './http-status.ts';

const preconditionFailed = 412;
/** The source of a build may be large. */
const timeoutMs = 60_000;

/**
 * Keeps texts of evidence as objects of a bucket, `gs://<bucket>/<prefix>`, each created only where there is none. With
 * an address it is the sandbox's; else Google's, by Application Default Credentials. Throws for another form of name.
 */
export function createBucketObjects(place: string, endpoint?: { http: string }): EvidenceObjects {
  const [, name, prefix = ''] = /^gs:\/\/([a-z0-9][\w.-]{1,220}[a-z0-9])(?:\/(.*?))?\/?$/.exec(place) ?? [];
  if (name === undefined) throw new TypeError(`the bucket of evidence must be gs://<bucket>/<prefix>, not ${place}`);
  const bucket = openStorage(endpoint).bucket(name);
  const fileOf = (hash: string) => bucket.file(`${prefix === '' ? '' : `${prefix}/`}${objectPath(hash)}`);
  return {
    async keep(text) {
      const hash = sha256(text);
      // One that is there stays, whatever it has: whoever reads it sees whether it has this hash.
      const isNew = { ifGenerationMatch: 0 };
      await fileOf(hash)
        .save(text, { resumable: false, contentType: 'text/plain; charset=utf-8', preconditionOpts: isNew })
        .catch((error: unknown) => {
          if (codeOf(error) !== preconditionFailed) throw asFailure(httpCallError(`keep evidence in ${place}`, error));
        });
      return hash;
    },
    async read(hash) {
      try {
        const [content] = await fileOf(hash).download();
        return content;
      } catch (error) {
        if (codeOf(error) === 404) return null;
        throw asFailure(httpCallError(`read evidence of ${place}`, error));
      }
    },
  };
}

/**
 * Opens Cloud Storage; with an address, the sandbox's. It has no connection to keep. Repeats are Temporal's, as with
 * every other call.
 */
export function openStorage({ http }: { http?: string } = {}): Storage {
  const common = { retryOptions: { autoRetry: false }, timeout: timeoutMs };
  return new Storage(http ? { ...common, apiEndpoint: http, projectId: 'sandbox' } : common);
}

function codeOf(error: unknown): number | undefined {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'number' ? code : undefined;
}
