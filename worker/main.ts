import { once } from 'node:events';
import { Client, Connection } from '@temporalio/client';
import { NativeConnection, Runtime, Worker } from '@temporalio/worker';
import { createActivities } from '../activities/index.ts';
import { createAlertmanager } from '../activities/alertmanager/index.ts';
import { createEmail } from '../activities/email/index.ts';
import { createFileCatalog } from '../activities/files/catalog.ts';
import { createGitSources } from '../activities/git/sources.ts';
import { createGithubChecks } from '../activities/github/checks.ts';
import { createDeployments, createIssueComments } from '../activities/github/tickets.ts';
import { createGoogleAdapters } from '../activities/google/index.ts';
import { createKubernetesAdapters } from '../activities/kubernetes/index.ts';
import { createOpensshSignatures } from '../activities/openssh/signatures.ts';
import { createPagerDuty } from '../activities/pagerduty/index.ts';
import { createPostgres } from '../activities/postgres/index.ts';
import { createPrograms } from '../activities/programs/index.ts';
import { createPrometheus } from '../activities/prometheus/index.ts';
import { SecretMemory } from '../activities/redaction/secret-memory.ts';
import type { WorkerSecrets } from '../activities/ports/notifications.ts';
import { combinePlatforms } from '../activities/ports/platform.ts';
import { createSlack } from '../activities/slack/index.ts';
import { createSlackWebhook } from '../activities/slack/webhook.ts';
import { createTemporalConnection } from '../activities/temporal/connection.ts';
import { createTemporalEnvironments } from '../activities/temporal/environments.ts';
import { createTemporalRuns } from '../activities/temporal/runs.ts';
import { prepareProxies, throughProxy } from '../activities/proxies.ts';
import { createTicketWebhook, createWebhook } from '../activities/webhook/index.ts';
import { askAgain } from '../contract/early-query.ts';
import { taskQueue } from '../contract/ids.ts';
import { searchAttributeNames } from '../contract/search-attributes.ts';
import { payloadConverterPath, workflowBundle } from './bundle.ts';
import { ownSecrets, workerConfig, type WorkerConfig } from './config.ts';
import { openEvidenceStore } from './evidence-store.ts';
import { createLog } from './log/index.ts';
import { coreLogs, temporalLogger } from './log/temporal.ts';
import { metricsExporter } from './metrics.ts';
import { nativeProxy } from './native-proxy.ts';

/** Work under way has so long when the worker is stopped. */
const shutdownGraceTime = '10 seconds';
const secretMemory = new SecretMemory(ownSecrets(process.env));
const log = await createLog(process.env['SLIPWAY_LOG'] ?? 'info', process.stdout, (line) =>
  secretMemory.redactLine(line),
);

/** Runs until SIGINT or SIGTERM. Work under way gets a moment, and goes on in the next worker. */
async function main(): Promise<void> {
  const logger = temporalLogger(log);
  const metrics = metricsExporter(process.env['SLIPWAY_METRICS']);
  const telemetryOptions = { logging: coreLogs, ...(metrics && { metrics }) };
  Runtime.install({ logger, telemetryOptions, shutdownSignals: ['SIGINT', 'SIGTERM'] });
  // A client library that cannot authenticate rejects twice, once where nobody can catch it; the work itself gets the
  // first.
  process.on('unhandledRejection', (reason) => log.error({ reason: String(reason) }, 'unhandled rejection'));
  await prepareProxies();
  const config = await workerConfig(process.env, process.env['SLIPWAY_SANDBOX_DIR']);
  const { connectionOptions, namespace, ui } = config.temporal;
  const { address } = connectionOptions;
  const { hostname } = new URL(`tcp://${address}`);
  const unreachable = (cause: unknown): never => {
    const place = `${address}${throughProxy(hostname)}`;
    throw new Error(`cannot reach Temporal at ${place}: start it, or say by TEMPORAL_ADDRESS where it is`, { cause });
  };
  const [connection, clientConnection, codePath] = await Promise.all([
    NativeConnection.connect({ ...connectionOptions, ...nativeProxy(hostname) }).catch(unreachable),
    Connection.connect(connectionOptions).catch(unreachable),
    workflowBundle(logger),
  ]);
  const client = new Client({ connection: clientConnection, namespace, interceptors: { workflow: [askAgain] } });
  const workerSecrets: WorkerSecrets = {
    read: (variable) => process.env[variable] ?? config.sandboxSecrets[variable] ?? null,
  };
  const sources = createGitSources(config.sourcesFolder, workerSecrets);
  const google = await createGoogleAdapters(sources, config.google);
  const kubernetes = createKubernetesAdapters(sources, google.images, config.kubernetes);
  const temporalConnection = createTemporalConnection(client, address, { ui, standstillMs: config.standstillMs });
  const worker = await Worker.create({
    connection,
    namespace,
    taskQueue,
    workflowBundle: { codePath },
    dataConverter: { payloadConverterPath },
    activities: createActivities(
      {
        ...combinePlatforms({ cloudRun: google.cloudRun, kubernetes: kubernetes.kubernetes }),
        builds: google.builds,
        attestations: google.attestations,
        catalog: createFileCatalog(config.catalogFolder, config.catalogVariables),
        connection: temporalConnection,
        sources,
        environments: createTemporalEnvironments(client),
        runs: createTemporalRuns(client),
        checks: createGithubChecks(config.github),
        metrics: createPrometheus(config.prometheus),
        alerts: createAlertmanager(config.alertmanager),
        evidence: await openEvidenceStore({
          folder: config.evidenceFolder,
          bucket: config.evidenceBucket,
          cloud: config.google,
        }),
        signatures: createOpensshSignatures(),
        messengers: {
          slack: createSlack(config.slackApi),
          slackWebhook: createSlackWebhook(),
          webhook: createWebhook(),
          email: createEmail(),
          pagerDuty: createPagerDuty(config.pagerDutyApi),
        },
        tickets: {
          githubIssue: createIssueComments(config.github),
          githubDeployment: createDeployments(config.github),
          webhook: createTicketWebhook(),
        },
        workerSecrets,
        databases: createPostgres(),
        programs: createPrograms(config),
      },
      secretMemory,
    ),
    // A dead worker is noticed by its missing heartbeats, so they have to come often; see the presets of
    // workflows/run/activities.ts.
    maxHeartbeatThrottleInterval: '1 second',
    stickyQueueScheduleToStartTimeout: '4 seconds',
    shutdownGraceTime,
    maxCachedWorkflows: 500,
    maxConcurrentActivityTaskExecutions: 100,
  });
  sayReady(config, await temporalConnection.knownSearchAttributes());
  // Ctrl-C reaches the worker, and whoever started it sends SIGTERM as well.
  void Promise.race([once(process, 'SIGINT'), once(process, 'SIGTERM')]).then(() =>
    log.info(`worker stops: what is under way has ${shutdownGraceTime}, and goes on in the next worker`),
  );
  try {
    await worker.run();
    log.info('worker stopped');
  } finally {
    kubernetes.close();
    await Promise.allSettled([google.close(), clientConnection.close(), connection.close()]);
  }
}

function sayReady({ description }: WorkerConfig, known: string[]): void {
  const missing = searchAttributeNames.filter((name) => !known.includes(name));
  if (missing.length > 0) {
    const flags = missing.map((name) => `--name ${name} --type Keyword`).join(' ');
    log.warn(
      { missing },
      `the list cannot be filtered by these attributes; ` +
        `create them: temporal operator search-attribute create ${flags}`,
    );
  }
  log.info({ taskQueue }, `worker ready: ${description}`);
}

await main().catch((error: unknown) => {
  if (error instanceof Error) log.fatal(error.cause === undefined ? {} : { error: error.cause }, error.message);
  else log.fatal(String(error));
  process.exitCode = 1;
});
