import { z } from 'zod';
import type { CheckRun, Checks } from '../ports/index.ts';
import { createGithub, type GithubAccess } from './api.ts';

const pageSize = 100;
const maxPages = 10;

const page = z.object({
  check_runs: z.array(
    z.object({
      name: z.string(),
      status: z.string(),
      conclusion: z.string().nullable(),
      html_url: z.string().nullish(),
      app: z.object({ id: z.number() }).nullish(),
    }),
  ),
});

/**
 * Reads the latest run of each check. Platform: GitHub REST API, "List check runs for a Git reference".
 */
export function createGithubChecks(access: GithubAccess): Checks {
  const github = createGithub(access);
  return {
    async ofCommit(repository, commit) {
      const found: CheckRun[] = [];
      for (let number = 1; number <= maxPages; number += 1) {
        const path = `/repos/${repository}/commits/${commit}/check-runs`;
        const { check_runs: runs } = page.parse(
          await github({
            path: `${path}?filter=latest&per_page=${pageSize}&page=${number}`,
            needs: 'read access to checks',
          }),
        );
        found.push(
          ...runs.map(({ name, app, status, conclusion, html_url: url }) => ({
            name,
            app: app?.id ?? null,
            status,
            conclusion,
            url: url ?? '',
          })),
        );
        if (runs.length < pageSize) break;
      }
      return found;
    },
  };
}
