import { projectNumber } from '../core/project-number.ts';
import { requestedResource } from './markers.ts';

/** A permission that a call needs, and the resource that it needs it on. */
export interface RequiredPermission {
  permission: string;
  resource: string;
}

interface Requirement {
  permission: string;
  /** Whether this request needs it; by default each does. */
  applies?: (request: never) => boolean;
  /** The resource by its own name; by default what the request names. */
  resource?: (request: never) => string;
}

interface WithAccount {
  service?: { template?: { serviceAccount?: string } | null } | null;
  job?: { template?: { template?: { serviceAccount?: string } | null } | null } | null;
}

interface AccessRequest {
  service?: { invokerIamDisabled?: boolean } | null;
  updateMask?: { paths: string[] } | null;
}

interface CreateRequest {
  parent: string;
  serviceId?: string;
  jobId?: string;
}

/**
 * A template runs as an account, and who deploys it must be allowed to act as that one. Platform: Cloud Run, "Service
 * identity"; whether an update that leaves the template alone is asked, too, is not known.
 */
const actAs: Requirement = {
  permission: 'iam.serviceAccounts.actAs',
  applies: ({ service, job }: WithAccount) => Boolean(service?.template ?? job?.template),
  resource: ({ service, job }: WithAccount) =>
    (service?.template?.serviceAccount ?? job?.template?.template?.serviceAccount) ||
    `${projectNumber}-compute@developer.gserviceaccount.com`,
};

const newResource = ({ parent, serviceId, jobId }: CreateRequest): string =>
  serviceId ? `${parent}/services/${serviceId}` : `${parent}/jobs/${jobId ?? ''}`;

/** Platform: Cloud Run, "Allowing public access": who switches the check of invokers needs it besides. */
const openToAll: Requirement = {
  permission: 'run.services.setIamPolicy',
  applies: ({ service, updateMask }: AccessRequest) =>
    updateMask
      ? updateMask.paths.some((path) => /^invoker_?iam_?disabled$/i.test(path))
      : Boolean(service?.invokerIamDisabled),
};

const upsert = { applies: ({ allowMissing }: { allowMissing: boolean }) => allowMissing };

/** An update that starts an execution needs what a call of RunJob needs. Nobody outside the platform knows whether. */
const startsExecution: Requirement = {
  permission: 'run.jobs.run',
  applies: ({ job }: { job?: { startExecutionToken?: string } | null }) => Boolean(job?.startExecutionToken),
};

const [run, build, registry] = ['google.cloud.run.v2', 'google.devtools.cloudbuild.v1', 'google.devtools'];
const artifacts = `${registry}.artifactregistry.v1.ArtifactRegistry`;
const secrets = 'google.cloud.secretmanager.v1.SecretManagerService';
const logs = 'google.logging.v2.LoggingServiceV2';
const storage = 'google.storage.v2.Storage';
const operations = 'google.longrunning.Operations';

/**
 * What each method needs. Platform: the IAM permissions reference of each API; RunJob with overrides and UpdateService
 * with allow_missing, Cloud Run Admin v2. Nobody needs anything to ask what they may do.
 */
const requirements: Readonly<Record<string, readonly (string | Requirement)[]>> = {
  [`${run}.Services/CreateService`]: [{ permission: 'run.services.create', resource: newResource }, openToAll, actAs],
  [`${run}.Services/UpdateService`]: [
    'run.services.update',
    { permission: 'run.services.create', ...upsert },
    openToAll,
    actAs,
  ],
  [`${run}.Services/DeleteService`]: ['run.services.delete'],
  [`${run}.Services/GetService`]: ['run.services.get'],
  [`${run}.Services/ListServices`]: ['run.services.list'],
  [`${run}.Services/TestIamPermissions`]: [],
  [`${run}.Revisions/GetRevision`]: ['run.revisions.get'],
  [`${run}.Revisions/ListRevisions`]: ['run.revisions.list'],
  [`${run}.Revisions/DeleteRevision`]: ['run.revisions.delete'],
  [`${run}.Jobs/CreateJob`]: [{ permission: 'run.jobs.create', resource: newResource }, actAs],
  [`${run}.Jobs/UpdateJob`]: ['run.jobs.update', { permission: 'run.jobs.create', ...upsert }, startsExecution, actAs],
  [`${run}.Jobs/DeleteJob`]: ['run.jobs.delete'],
  [`${run}.Jobs/GetJob`]: ['run.jobs.get'],
  [`${run}.Jobs/ListJobs`]: ['run.jobs.list'],
  [`${run}.Jobs/RunJob`]: [
    'run.jobs.run',
    {
      permission: 'run.jobs.runWithOverrides',
      applies: ({ overrides }: { overrides?: object | null }) => Boolean(overrides),
    },
  ],
  [`${run}.Executions/GetExecution`]: ['run.executions.get'],
  [`${run}.Executions/ListExecutions`]: ['run.executions.list'],
  [`${run}.Executions/CancelExecution`]: ['run.executions.cancel'],
  [`${run}.Executions/DeleteExecution`]: ['run.executions.delete'],
  [`${run}.Tasks/GetTask`]: ['run.tasks.get'],
  [`${run}.Tasks/ListTasks`]: ['run.tasks.list'],
  [`${run}.Builds/SubmitBuild`]: [
    'run.builds.create',
    {
      permission: actAs.permission,
      applies: ({ serviceAccount }: { serviceAccount?: string }) => Boolean(serviceAccount),
      resource: ({ serviceAccount }: { serviceAccount: string }) => serviceAccount.split('/').at(-1) ?? '',
    },
  ],
  [`${operations}/GetOperation`]: ['run.operations.get'],
  [`${operations}/ListOperations`]: ['run.operations.list'],
  [`${operations}/WaitOperation`]: ['run.operations.get'],
  [`${operations}/CancelOperation`]: ['run.operations.delete'],
  [`${operations}/DeleteOperation`]: ['run.operations.delete'],
  [`${build}.CloudBuild/CreateBuild`]: ['cloudbuild.builds.create'],
  [`${build}.CloudBuild/GetBuild`]: ['cloudbuild.builds.get'],
  [`${build}.CloudBuild/ListBuilds`]: ['cloudbuild.builds.list'],
  [`${build}.CloudBuild/CancelBuild`]: ['cloudbuild.builds.update'],
  [`${artifacts}/GetRepository`]: ['artifactregistry.repositories.get'],
  [`${artifacts}/ListRepositories`]: ['artifactregistry.repositories.list'],
  [`${artifacts}/GetPackage`]: ['artifactregistry.packages.get'],
  [`${artifacts}/ListPackages`]: ['artifactregistry.packages.list'],
  [`${artifacts}/GetVersion`]: ['artifactregistry.versions.get'],
  [`${artifacts}/ListVersions`]: ['artifactregistry.versions.list'],
  [`${artifacts}/DeleteVersion`]: ['artifactregistry.versions.delete'],
  [`${artifacts}/GetTag`]: ['artifactregistry.tags.get'],
  [`${artifacts}/ListTags`]: ['artifactregistry.tags.list'],
  [`${artifacts}/CreateTag`]: ['artifactregistry.tags.create'],
  [`${artifacts}/UpdateTag`]: ['artifactregistry.tags.update'],
  [`${artifacts}/DeleteTag`]: ['artifactregistry.tags.delete'],
  [`${artifacts}/GetDockerImage`]: ['artifactregistry.dockerimages.get'],
  [`${artifacts}/ListDockerImages`]: ['artifactregistry.dockerimages.list'],
  [`${artifacts}/TestIamPermissions`]: [],
  [`${secrets}/CreateSecret`]: ['secretmanager.secrets.create'],
  [`${secrets}/GetSecret`]: ['secretmanager.secrets.get'],
  [`${secrets}/ListSecrets`]: ['secretmanager.secrets.list'],
  [`${secrets}/UpdateSecret`]: ['secretmanager.secrets.update'],
  [`${secrets}/DeleteSecret`]: ['secretmanager.secrets.delete'],
  [`${secrets}/AddSecretVersion`]: ['secretmanager.versions.add'],
  [`${secrets}/GetSecretVersion`]: ['secretmanager.versions.get'],
  [`${secrets}/ListSecretVersions`]: ['secretmanager.versions.list'],
  [`${secrets}/AccessSecretVersion`]: ['secretmanager.versions.access'],
  [`${secrets}/DisableSecretVersion`]: ['secretmanager.versions.disable'],
  [`${secrets}/EnableSecretVersion`]: ['secretmanager.versions.enable'],
  [`${secrets}/DestroySecretVersion`]: ['secretmanager.versions.destroy'],
  [`${logs}/WriteLogEntries`]: ['logging.logEntries.create'],
  [`${logs}/ListLogEntries`]: ['logging.logEntries.list'],
  [`${logs}/TailLogEntries`]: ['logging.logEntries.list'],
  [`${logs}/ListLogs`]: ['logging.logs.list'],
  [`${logs}/DeleteLog`]: ['logging.logs.delete'],
  [`${storage}/CreateBucket`]: ['storage.buckets.create'],
  [`${storage}/ListBuckets`]: ['storage.buckets.list'],
  [`${storage}/GetBucket`]: ['storage.buckets.get'],
  [`${storage}/DeleteBucket`]: ['storage.buckets.delete'],
  [`${storage}/ListObjects`]: ['storage.objects.list'],
  [`${storage}/GetObject`]: ['storage.objects.get'],
  [`${storage}/ReadObject`]: ['storage.objects.get'],
  [`${storage}/UpdateObject`]: ['storage.objects.update'],
  [`${storage}/DeleteObject`]: ['storage.objects.delete'],
  [`${storage}/StartResumableWrite`]: ['storage.objects.create'],
  [`${storage}/WriteObject`]: ['storage.objects.create'],
};

/** Permissions that are asked for by other ways than a method of an API. */
const elsewhere = [
  'run.routes.invoke',
  'artifactregistry.repositories.downloadArtifacts',
  'artifactregistry.repositories.uploadArtifacts',
  'containeranalysis.occurrences.list',
];

const permissionOf = (requirement: string | Requirement): string =>
  typeof requirement === 'string' ? requirement : requirement.permission;

/** Lists every permission that the emulator asks somebody for. */
export const askedPermissions: readonly string[] = [
  ...new Set([...Object.values(requirements).flat().map(permissionOf), ...elsewhere]),
];

/** Says what a call needs. A method without a row is not served. */
export function requiredPermissions(method: string, request: unknown): RequiredPermission[] {
  return (requirements[method] ?? [])
    .map((row): Requirement => (typeof row === 'string' ? { permission: row } : row))
    .filter(({ applies }) => applies?.(request as never) ?? true)
    .map(({ permission, resource }) => ({
      permission,
      resource: resource?.(request as never) ?? requestedResource(request),
    }));
}
