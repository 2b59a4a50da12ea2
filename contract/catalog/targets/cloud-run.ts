import { z } from 'zod';
import { argument, count, name } from '../fields.ts';
import { hasRoomForTag, maxServiceLength } from './cloud-run-names.ts';
import type { LogQuestion, LogWindow, TargetKind } from './kind.ts';
import { quoted } from './logging-query.ts';

/**
 * What a deploy by hand says with flags (runbook 002, sections 3 to 5). What is left out stays as the live service has
 * it.
 */
const flags = () => ({
  command: z
    .array(argument)
    .min(1, 'must name a program')
    .optional()
    .describe(
      'Takes the place of what the image starts. Default: with buildpacks the `web` process of the Procfile, else ' +
        'what the image or the live service says.',
    ),
  args: z.array(argument).optional().describe('Arguments of the program. Default: those of the live service.'),
  port: count('a port', 1, 65_535)
    .optional()
    .describe('The port that the container listens at. Default: that of the live service.'),
  minInstances: count('a number of instances', 0, 1_000)
    .optional()
    .describe('The fewest instances. Default: as the live service has it.'),
  maxInstances: count('a number of instances', 1, 1_000)
    .optional()
    .describe('The most instances. Default: as the live service has it.'),
  serviceAccount: z
    .string('must be an address')
    .regex(/^\S+@\S+$/, 'must be an address')
    .optional()
    .describe('The account that the service runs as. Default: that of the live service.'),
  allowUnauthenticated: z
    .boolean('must be true or false')
    .optional()
    .describe('True if everybody may call it; false if IAM says who may. Default: as the live service has it.'),
});

/** Platform: Cloud Run, quotas and limits; Cloud Logging, quotas and limits. A console shows those of a project. */
const quotas = () => {
  const calls = () => count('a number of calls', 1, 1_000_000).optional();
  return z
    .strictObject({
      logReadsPerMinute: calls().describe('Reads of the log a minute in the project. Default: 60.'),
      runReadsPerMinute: calls().describe('Reads of Cloud Run a minute, in the project and region. Default: 600.'),
      runWritesPerMinute: calls().describe('Writes of Cloud Run a minute, in the project and region. Default: 30.'),
    })
    .meta({
      id: 'quotas',
      title: 'Quotas',
      description:
        'What Google Cloud grants the project, as its page of quotas says. All changes of a worker stay below it ' +
        'together: writes and rollbacks go first.',
    });
};

const schema = () =>
  z
    .strictObject({
      kind: z.literal('cloudRun'),
      project: z
        .string('must be a project')
        .regex(/^[a-z][a-z0-9-]{4,28}[a-z0-9]$/, 'must be a Google Cloud project id')
        .describe('The id of the Google Cloud project.'),
      region: z
        .string('must be a region')
        .regex(/^[a-z]+-[a-z]+[0-9]$/, 'must be a region such as us-central1')
        .describe('The region.')
        .meta({ examples: ['us-central1'] }),
      service: name
        .max(maxServiceLength, `at most ${maxServiceLength} characters, so that a change can name its revisions`)
        .describe(
          'The name of the Cloud Run service. A first release creates it. From 43 characters on a candidate has no ' +
            'address, so what is smoked is live.',
        ),
      migrationJob: name.optional().describe('The job that migrates. Needed where the environment has a `migration`.'),
      smokeJob: name.optional().describe('The job that smokes after a deploy. Slipway makes it if it is not there.'),
      evidenceJob: name
        .optional()
        .describe('The job that runs programs of evidence. Slipway makes it if it is not there.'),
      container: z
        .string('must be the name of a container')
        .regex(/^[a-z0-9]([-a-z0-9]{0,61}[a-z0-9])?$/, 'must be the name of a container')
        .optional()
        .describe(
          'The container that runs the artifact, in the service and in its jobs. Needed where several have none or ' +
            'several ports, as those of a job do. Default: the only one, or the only one with a port.',
        ),
      quotas: quotas()
        .optional()
        .describe('Calls that the project may make. It is enough that one service of the project says them.'),
      ...flags(),
    })
    .check(({ value, issues }) => {
      const { minInstances = 0, maxInstances = Infinity } = value;
      if (minInstances > maxInstances)
        issues.push({
          code: 'custom',
          input: minInstances,
          path: ['minInstances'],
          message: 'must not exceed maxInstances',
        });
    })
    .meta({ id: 'target.cloudRun', title: 'Target: Cloud Run', description: 'A Cloud Run service, and its jobs.' });

export type CloudRunEntry = z.infer<ReturnType<typeof schema>>;
export type DeployFlags = Pick<CloudRunEntry, keyof ReturnType<typeof flags>>;

/** A Cloud Run service with its migration job. */
export const cloudRun: TargetKind<ReturnType<typeof schema>> = {
  schema,
  hasCandidate: ({ service }) => hasRoomForTag(service),
  hasStandingJob: true,
  readsLogsAtSource: false,
  hasInstances: false,
  asksForIdentity: true,
  workloadOf: ({ service }) => service,
  migrationJobOf: ({ migrationJob }) => migrationJob ?? null,
  smokeJobOf: ({ smokeJob }) => smokeJob ?? null,
  evidenceJobOf: ({ evidenceJob }) => evidenceJob ?? null,
  fencedResources: ({ project, region, service, migrationJob, smokeJob, evidenceJob }) => [
    `Cloud Run service ${service} of ${project} in ${region}`,
    ...[migrationJob, smokeJob, evidenceJob].flatMap((job) =>
      job === undefined ? [] : [`Cloud Run job ${job} of ${project} in ${region}`],
    ),
  ],
  readSecretCommand: ({ project }, secret, version) =>
    `gcloud secrets versions access ${version} --secret ${secret} --project ${project}`,
  title: 'Cloud Run',
  // A value without a field is searched in all fields, as a part of them and in any case
  // (platform: Logging query language, global restrictions).
  logSearch: (target, word) => `${ownEntries(target)} AND ${quoted(word)}`,
  ownLog: (target, without) =>
    [
      ownEntries(target),
      'NOT log_id("run.googleapis.com/requests")',
      ...without.map((revision) => `resource.labels.revision_name!=${quoted(revision)}`),
    ].join(' AND '),
  failureSearch: (target) => `${ownEntries(target)} AND severity>=WARNING`,
  // Platform: Cloud Run, "Logging and viewing logs": each stream is a log of its own.
  stderrSearch: (target, revision) =>
    [
      ownEntries(target),
      `resource.labels.revision_name=${quoted(revision)}`,
      'log_id("run.googleapis.com/stderr")',
    ].join(' AND '),
  // Platform: Cloud Run, "Troubleshooting", 429 and 503 where no instance is available; pages of Google's front end.
  isOwnAnswer: ({ status, text }) =>
    (status === 429 && /^Rate exceeded\.?\s*$/.test(text)) ||
    (status === 503 && (/^Service Unavailable\s*$/.test(text) || /<title>503 Server Error<\/title>/.test(text))),
  reservedPath,
  // Platform: Cloud Run, "Troubleshoot", 403 and 401: what its front end says of a caller without the invoker's right.
  isIdentityRefusal: ({ status, text }) =>
    [401, 403].includes(status) && /does not have permission to (get URL|the requested URL)/.test(text),
  logQuestion,
};

/**
 * Platform: Cloud Run, "Known issues", reserved URL paths: `/eventlog`, what begins with `/_ah/`, and "some paths
 * ending with z", which nobody lists. Of those, users report `/healthz`: 404 by Google's front end, and no log entry.
 */
function reservedPath(path: string): string | null {
  const [plain = ''] = path.split(/[?#]/);
  if (/^\/(healthz|eventlog)$|^\/_ah\//.test(plain))
    return `Google's front end answers ${plain} of a run.app address itself, with 404: ask another path`;
  return /z$/.test(plain)
    ? `Google's front end keeps some paths that end in z for itself, perhaps ${plain}: ask another path`
    : null;
}

function ownEntries({ service }: CloudRunEntry): string {
  return `resource.type="cloud_run_revision" AND resource.labels.service_name=${quoted(service)}`;
}

/** Links to the Logs Explorer, whose page has query and time range in its path. */
function logQuestion({ project }: CloudRunEntry, filter: string, { since, until }: LogWindow): LogQuestion {
  const range = [since, until].map(encodeURIComponent).join('%2F');
  return {
    source: 'Cloud Logging',
    query: `${filter} AND timestamp>=${quoted(since)} AND timestamp<${quoted(until)}`,
    link:
      `https://console.cloud.google.com/logs/query;query=${encodeURIComponent(filter)};timeRange=${range}` +
      `?project=${project}`,
  };
}
