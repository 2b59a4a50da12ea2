/** A permission of Google Cloud that a worker needs. Platform: IAM, permissions reference. */
export interface GoogleRight {
  permission: string;
  /** The resource that it is granted on, at least. */
  on: string;
  /** What a worker does with it. */
  use: string;
}

const project = 'the project';
const repository = 'the repository of images';
const secret = 'the secret';

/**
 * Lists the least rights of a worker by what is released with it: exactly these, and no other. The emulator grants
 * the worker of a sandbox these permissions alone, so every test of a release proves them. The reference has the same
 * list, and the role in `deploy/google-cloud` those of the project.
 */
export const workerRights = {
  'every release': [
    { permission: 'run.services.get', on: project, use: 'reads what serves' },
    { permission: 'run.services.update', on: project, use: 'stages a revision, shifts traffic, restores' },
    { permission: 'run.revisions.get', on: project, use: 'reads what a revision runs' },
    { permission: 'run.revisions.list', on: project, use: 'finds known-good revisions' },
    {
      permission: 'iam.serviceAccounts.actAs',
      on: 'the account that the service, the job or the build runs as',
      use: 'deploys as that account',
    },
    { permission: 'artifactregistry.tags.get', on: repository, use: 'finds the image of a commit' },
    { permission: 'artifactregistry.tags.list', on: repository, use: 'finds the commit of an image' },
    { permission: 'artifactregistry.versions.get', on: repository, use: 'sees that an image is there' },
    {
      permission: 'artifactregistry.repositories.downloadArtifacts',
      on: repository,
      use: 'reads the images of an index',
    },
    { permission: 'logging.logEntries.list', on: project, use: 'log gates, output of jobs, causes' },
  ],
  'a first release': [
    { permission: 'run.services.create', on: project, use: 'creates the service' },
    { permission: 'run.services.delete', on: project, use: 'takes a first release back' },
  ],
  'a target with `allowUnauthenticated`': [
    { permission: 'run.services.setIamPolicy', on: project, use: 'opens the service to everybody, or closes it' },
  ],
  'migrations, smoke jobs, jobs of evidence': [
    { permission: 'run.jobs.get', on: project, use: 'reads the job' },
    { permission: 'run.jobs.create', on: project, use: 'creates it for a first release' },
    { permission: 'run.jobs.update', on: project, use: 'gives it the image, puts it back' },
    { permission: 'run.jobs.run', on: project, use: 'starts an execution' },
    { permission: 'run.jobs.runWithOverrides', on: project, use: 'where the platform knows no tokens' },
    { permission: 'run.executions.get', on: project, use: 'follows the execution' },
    { permission: 'run.executions.list', on: project, use: 'finds an execution that it started before' },
    { permission: 'run.tasks.list', on: project, use: 'reads why it failed' },
  ],
  'builds by Cloud Build': [
    { permission: 'cloudbuild.builds.create', on: project, use: 'starts a build' },
    { permission: 'cloudbuild.builds.get', on: project, use: 'follows it' },
    { permission: 'cloudbuild.builds.list', on: project, use: 'finds a build that it started before' },
  ],
  'builds of the source by Cloud Run, private repositories': [
    { permission: 'run.builds.create', on: project, use: 'submits the source, with `kind: cloudRun`' },
    { permission: 'storage.objects.create', on: 'the bucket of sources', use: 'writes the source' },
    { permission: 'storage.objects.delete', on: 'the bucket of sources', use: 'writes it again in a repeat' },
  ],
  'builds by `pack`': [
    { permission: 'artifactregistry.repositories.uploadArtifacts', on: repository, use: 'pushes the image' },
  ],
  secrets: [
    { permission: 'secretmanager.versions.get', on: secret, use: 'reads which version serves' },
    { permission: 'secretmanager.versions.access', on: secret, use: 'sends it in a gate; hides it in texts' },
  ],
  'rotation of secrets': [
    { permission: 'secretmanager.versions.disable', on: secret, use: 'disables the old version' },
  ],
  provenance: [
    { permission: 'containeranalysis.occurrences.list', on: project, use: 'reads what Cloud Build attests' },
    {
      permission: 'artifactregistry.repositories.downloadArtifacts',
      on: repository,
      use: 'reads attestations beside an image',
    },
  ],
  'evidence and ledgers in a bucket': [
    { permission: 'storage.objects.create', on: 'the bucket of evidence', use: 'adds texts and entries' },
    { permission: 'storage.objects.get', on: 'the bucket of evidence', use: 'reads them' },
    { permission: 'storage.objects.list', on: 'the bucket of evidence', use: 'finds the newest entries' },
  ],
  'services that are not public': [
    { permission: 'run.routes.invoke', on: 'the service', use: 'gates that ask it with an identity token' },
  ],
} as const satisfies Record<string, readonly GoogleRight[]>;

/** Names a permission that a worker may need. */
export type WorkerPermission = (typeof workerRights)[keyof typeof workerRights][number]['permission'];

/** Lists the permissions of a worker that uses everything, each once. */
export const workerPermissions: readonly WorkerPermission[] = [
  ...new Set(
    Object.values(workerRights)
      .flat()
      .map(({ permission }) => permission),
  ),
];
