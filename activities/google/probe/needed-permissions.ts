/**
 * Permissions that a release of a service with a migration needs in its project, with what needs them. Builds, secrets
 * and buckets are not among them: `./slipway catalog check --live` asks for what a service has.
 */
export const neededPermissions: Readonly<Record<string, string>> = {
  'run.services.create': 'the first release',
  'run.services.get': 'every look at the service',
  'run.services.update': 'every write to the service',
  'run.revisions.get': 'the revision that serves',
  'run.revisions.list': 'revisions to go back to',
  'run.jobs.create': 'the first migration',
  'run.jobs.get': 'every look at the job',
  'run.jobs.update': 'the image of the job',
  'run.jobs.run': 'the migration',
  'run.jobs.runWithOverrides': 'the marker of the run, in its variables',
  'run.executions.get': 'the end of the migration',
  'run.executions.list': 'a run whose answer was lost',
  'run.tasks.list': 'how often the migration was tried',
  'run.operations.get': 'how a change ended',
  'artifactregistry.tags.get': 'the digest of a tag',
  'artifactregistry.versions.get': 'whether an image is still there',
  'logging.logEntries.list': 'log gates, and the log of the migration',
  'iam.serviceAccounts.actAs': 'to deploy as the account of the service',
};
