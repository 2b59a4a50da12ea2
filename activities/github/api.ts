import { finalFailure } from '../failure.ts';

export interface GithubAccess {
  /** `https://api.github.com`, or a GitHub Enterprise's. */
  api: string;
  /** Public repositories can be read without one. */
  token: string | undefined;
}

export interface GithubRequest {
  /** Below the address of the API. */
  path: string;
  /** Sent by POST as JSON; without it the request is a GET. */
  body?: object;
  /** What the token needs, for the failure. */
  needs: string;
  signal?: AbortSignal;
}

export type Github = (request: GithubRequest) => Promise<unknown>;

const timeoutMs = 20_000;

/** Asks GitHub's REST API (version 2022-11-28), once; failures say whether a repeat may help. */
export function createGithub({ api, token }: GithubAccess): Github {
  return async ({ path, body, needs, signal }) => {
    const limits = [AbortSignal.timeout(timeoutMs), ...(signal ? [signal] : [])];
    const response = await fetch(`${api}${path}`, {
      method: body ? 'POST' : 'GET',
      headers: {
        accept: 'application/vnd.github+json',
        'x-github-api-version': '2022-11-28',
        ...(body && { 'content-type': 'application/json' }),
        ...(token ? { authorization: `Bearer ${token}` } : {}),
      },
      body: body ? JSON.stringify(body) : null,
      signal: AbortSignal.any(limits),
    });
    if (response.ok) return response.json();
    throw asFailure(path, needs, response);
  };
}

/** Makes a failure of GitHub's answer, by its status. The answer's text is GitHub's and helps nobody. */
function asFailure(path: string, needs: string, { status, headers }: Response): Error {
  const where = `GitHub answered ${status} for ${path.split('?')[0] ?? path}`;
  const limited = status === 429 || headers.get('x-ratelimit-remaining') === '0' || headers.has('retry-after');
  if (status >= 500 || limited) return new Error(where);
  if (status === 401 || status === 403)
    return finalFailure('Denied', `${where}: give the worker a token with ${needs}, SLIPWAY_GITHUB_TOKEN`);
  if (status === 404 || status === 422)
    return finalFailure(
      'Missing',
      `${where}: no such repository or commit, or the worker's SLIPWAY_GITHUB_TOKEN may not see it`,
    );
  return finalFailure('BadRequest', where);
}
