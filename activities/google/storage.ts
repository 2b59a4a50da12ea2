import { Storage } from '@google-cloud/storage';
import { OAuth2Client } from 'google-auth-library';
import { sha256 } from '../../catalog/canonical-json.ts';
import { objectPath } from '../../contract/ids.ts';
import type { EvidenceObjects } from '../ports/index.ts';
import type { TextStore } from '../ports/ledger.ts';
import { asFailure } from './failure.ts';
import { httpCallError } from './http-status.ts';

/** The sandbox's Cloud Storage, and the token of the account that calls it. */
export interface StorageEndpoint {
  http: string;
  token?: string;
}

const preconditionFailed = 412;
/** Platform: Cloud Storage, objects.list answers no more than this at one time. */
const maxPageSize = 1_000;
/** The source of a build may be large. */
const timeoutMs = 60_000;

/**
 * Keeps texts of evidence as objects of a bucket, `gs://<bucket>/<prefix>`, each created only where there is none. With
 * an address it is the sandbox's; else Google's, by Application Default Credentials. Throws for another form of name.
 */
export function createBucketObjects(place: string, endpoint?: StorageEndpoint): EvidenceObjects {
  const { create, download } = openPlace(place, endpoint, 'evidence');
  return {
    async keep(text) {
      const hash = sha256(text);
      // One that is there stays, whatever it has: whoever reads it sees whether it has this hash.
      await create(objectPath(hash), text, 'text/plain; charset=utf-8');
      return hash;
    },
    read: (hash) => download(objectPath(hash)),
  };
}

/** Keeps the texts of ledgers in the same place, each created only where there is none. */
export function createBucketTexts(place: string, endpoint?: StorageEndpoint): TextStore {
  const { bucket, create, download, failed, root } = openPlace(place, endpoint, 'the ledger');
  return {
    name: place,
    create: (name, text) => create(name, text, 'application/json'),
    read: async (name) => (await download(name))?.toString() ?? null,
    async list(folder, { from = '', limit = Infinity } = {}) {
      const prefix = `${root}${folder}`;
      const maxResults = Math.min(limit, maxPageSize);
      const query = { prefix, delimiter: '/', startOffset: `${prefix}${from}`, maxResults, autoPaginate: false };
      const names: string[] = [];
      for (let next: object | null = query; next !== null && names.length < limit;) {
        const page: ListedPage = await bucket.getFiles(next).catch(failed(`list ${folder} in ${place}`));
        const [files, following, answer] = page;
        const { prefixes: folders = [] } = (answer ?? {}) as { prefixes?: string[] };
        names.push(...[...files.map(({ name }) => name), ...folders].map((name) => name.slice(prefix.length)));
        next = following ?? null;
      }
      return names.sort().slice(0, limit);
    },
  };
}

/** A page of a listing: its objects, the query for the next page, and the answer with the folders. */
type ListedPage = [{ name: string }[], object | null | undefined, ...unknown[]];

/** Opens `gs://<bucket>/<prefix>`; `what` is kept there, for messages. */
function openPlace(place: string, endpoint: StorageEndpoint | undefined, what: string) {
  const [, name, prefix = ''] = /^gs:\/\/([a-z0-9][\w.-]{1,220}[a-z0-9])(?:\/(.*?))?\/?$/.exec(place) ?? [];
  if (name === undefined) throw new TypeError(`the bucket of evidence must be gs://<bucket>/<prefix>, not ${place}`);
  const bucket = openStorage(endpoint).bucket(name);
  const root = prefix === '' ? '' : `${prefix}/`;
  const failed =
    (doing: string) =>
    (error: unknown): never => {
      throw asFailure(httpCallError(doing, error));
    };
  return {
    bucket,
    root,
    failed,
    /** Creates an object; answers false if there is one of this name. */
    create: (file: string, text: string, contentType: string): Promise<boolean> =>
      bucket
        .file(`${root}${file}`)
        .save(text, { resumable: false, contentType, preconditionOpts: { ifGenerationMatch: 0 } })
        .then(() => true)
        .catch((error: unknown) =>
          codeOf(error) === preconditionFailed ? false : failed(`keep ${what} in ${place}`)(error),
        ),
    /** Reads an object; null if there is none. */
    download: (file: string): Promise<Buffer | null> =>
      bucket
        .file(`${root}${file}`)
        .download()
        .then(([content]) => content)
        .catch((error: unknown) => (codeOf(error) === 404 ? null : failed(`read ${what} of ${place}`)(error))),
  };
}

/**
 * Opens Cloud Storage; with an address, the sandbox's. It has no connection to keep. Repeats are Temporal's, as with
 * every other call.
 */
export function openStorage({ http, token }: Partial<StorageEndpoint> = {}): Storage {
  const common = { retryOptions: { autoRetry: false }, timeout: timeoutMs };
  if (!http) return new Storage(common);
  const sandbox = { ...common, apiEndpoint: http, projectId: 'sandbox' };
  if (token === undefined) return new Storage(sandbox);
  const authClient = new OAuth2Client();
  authClient.setCredentials({ access_token: token });
  return new Storage({ ...sandbox, useAuthWithCustomEndpoint: true, authClient });
}

function codeOf(error: unknown): number | undefined {
  const { code } = (error ?? {}) as { code?: unknown };
  return typeof code === 'number' ? code : undefined;
}
