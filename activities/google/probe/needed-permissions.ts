import { workerRights } from '../../../contract/google-rights.ts';

/** What a release with a migration needs. What else a service may have is asked by nobody here. */
const parts = ['every release', 'a first release', 'migrations, smoke jobs, jobs of evidence'] as const;

/** Permissions that a release of a service with a migration needs, each once. */
export const neededPermissions: readonly string[] = [
  ...new Set(parts.flatMap((part) => workerRights[part].map(({ permission }) => permission))),
];
