import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import type { GithubChecks } from '../../contract/catalog/checklist.ts';
import type { Finding } from '../../contract/verdict.ts';
import { withHeartbeat } from '../heartbeat.ts';
import type { Ports } from '../ports/index.ts';
import { requireStillOnBranch } from '../release-branch.ts';
import { confirmCommit, type CommitFinding } from './commit.ts';
import { confirmGithubChecks } from './github-checks.ts';
import { confirmInputs } from './inputs.ts';
import { confirmMigrations } from './migrations.ts';
import { confirmRollbackTarget } from './rollback-target.ts';

export type ChecklistPorts = Pick<Ports, 'sources' | 'targets' | 'environments' | 'evidence' | 'secrets' | 'checks'>;

interface ChecklistRequest {
  stops: CatalogEntry[];
  commit: string;
}

/**
 * Confirms the lines of the pre-deploy checklist (runbook 004). Nothing here writes. The quality gates in a checkout
 * are gates of kind `command`.
 */
export function createChecklistActivities(ports: ChecklistPorts) {
  return {
    confirmCommit: async ({ stops, commit }: ChecklistRequest): Promise<CommitFinding> =>
      confirmCommit(ports, stops, commit),
    confirmMigrations: async ({ stops, commit }: ChecklistRequest): Promise<Finding> =>
      confirmMigrations(ports, stops, commit),
    /** A run of an earlier version says no commit. */
    confirmInputs: async ({ stops, commit = '' }: Partial<ChecklistRequest> & { stops: CatalogEntry[] }) =>
      confirmInputs(ports, stops, commit),
    confirmRollbackTarget: async ({ stops }: Omit<ChecklistRequest, 'commit'>): Promise<Finding> =>
      confirmRollbackTarget(ports, stops),

    /** Confirms GitHub's checks of a commit. `since` is the workflow's time, so that a repeat does not wait anew. */
    confirmGithubChecks: async ({
      github,
      commit,
      since,
    }: {
      github: GithubChecks;
      commit: string;
      since: string;
    }): Promise<Finding[]> =>
      withHeartbeat((progress, signal) => confirmGithubChecks(ports, github, commit, since, progress, signal)),

    /** Refuses a commit that is not on the release branch any more. It may have been taken off since the preflight. */
    stillOnBranch: async ({ entry, commit }: { entry: CatalogEntry; commit: string }): Promise<void> =>
      requireStillOnBranch(ports, entry.repository, commit),
  };
}
