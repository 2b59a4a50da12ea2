import { z } from 'zod';
import { finalFailure } from '../failure.ts';
import type { CheckRun, Checks } from '../ports/index.ts';

export interface GithubAccess {
  /** `https://api.github.com`, or a GitHub Enterprise's. */
  api: string;
  /** Read access to checks; public repositories need none. */
  token: string | undefined;
}

const pageSize = 100;
const maxPages = 10;
const timeoutMs = 20_000;

const page = z.object({
  check_runs: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      conclusion: z.string().nullable(),
      html_url: z.string().nullish(),
    }),
  ),
});

/**
 * Reads the latest run of each check. Platform: GitHub REST API, "List check runs for a Git reference" (version
 * 2022-11-28).
 */
export function createGithubChecks({ api, token }: GithubAccess): Checks {
  return {
    async ofCommit(repository, commit) {
      const found: CheckRun[] = [];
      for (let number = 1; number <= maxPages; number += 1) {
        const { check_runs: runs } = page.parse(
          await get(
            `${api}/repos/${repository}/commits/${commit}/check-runs?filter=latest&per_page=${pageSize}&page=${number}`,
          ),
        );
        found.push(
          ...runs.map(({ name, status, conclusion, html_url: url }) => ({ name, status, conclusion, url: url ?? '' })),
        );
        if (runs.length < pageSize) break;
      }
      return found;
    },
  };

  async function get(url: string): Promise<unknown> {
    const response = await fetch(url, {
      headers: {
        accept: 'application/vnd.github+json',
        'x-github-api-version': '2022-11-28',
        ...(token ? { authorization: `Bearer ${token}` } : {}),
      },
      signal: AbortSignal.timeout(timeoutMs),
    });
    if (response.ok) return response.json();
    throw asFailure(url, response);
  }
}

/** Makes a failure of GitHub's answer, by its status. The answer's text is GitHub's and helps nobody. */
function asFailure(url: string, { status, headers }: Response): Error {
  const where = `GitHub answered ${status} for ${new URL(url).pathname}`;
  const limited = status === 429 || headers.get('x-ratelimit-remaining') === '0' || headers.has('retry-after');
  if (status >= 500 || limited) return new Error(where);
  if (status === 401 || status === 403)
    return finalFailure('Denied', `${where}: give the worker a token with read access to checks, SLIPWAY_GITHUB_TOKEN`);
  if (status === 404 || status === 422)
    return finalFailure(
      'Missing',
      `${where}: no such repository or commit, or the worker's SLIPWAY_GITHUB_TOKEN may not see it`,
    );
  return finalFailure('BadRequest', where);
}
