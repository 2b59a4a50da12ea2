import { describe, expect, it } from 'vitest';
import { createDiagnosisActivities } from '../../activities/diagnosis.ts';
import type { LogEntry } from '../../activities/ports/platform.ts';
import type { JobRun } from '../../contract/live.ts';
import { diagnose, diagnosisNames } from '../../contract/diagnosis.ts';
import { logEntry, World } from '../workflows/world.ts';

/** What services and platforms really write; a message names a revision, a project, a secret. */
const texts: Record<string, string[]> = {
  watchers: [
    'OSError: [Errno 28] inotify watch limit reached',
    'file watcher failed to start: read-only file system',
    'cannot start the watcher of config/: permission denied',
    "ENOENT: no such file or directory, watch '/workspace/local'",
    "ENOSPC: System limit for number of file watchers reached, watch '/workspace/config'",
    'failed to begin watching config/',
    'the evidence failed: supervisor-info: its output has true at /watchers_enabled, expected false',
  ],
  remoteSync: [
    'remote sync attempt failed: connect ECONNREFUSED 10.0.0.1:443',
    'remote manifest fetch started although --no-remote is given',
    'failed to refresh: remote manifest is not reachable',
    'the evidence failed: supervisor-info: its output has true at /remote_enabled, expected false',
  ],
  secretRole: [
    'Permission denied on secret: projects/1/secrets/key/versions/latest for Revision service account x@example.com. ' +
      "The service account used must be granted the 'Secret Manager Secret Accessor' role",
    "Permission 'secretmanager.versions.access' denied for resource 'projects/1/secrets/key/versions/1'",
  ],
  missingSecret: [
    'Secret projects/1/secrets/key/versions/latest was not found',
    'pod app-0: container app: its configuration is wrong: secret "key" not found',
    "pod app-0: container app: its configuration is wrong: couldn't find key KEY in Secret shop/keys",
    'secrets.ONEIRIC_API_KEY: version latest of secret oneiric-api-key is missing',
    'secrets.ONEIRIC_API_KEY: version 3 of secret oneiric-api-key is disabled',
  ],
  missingSetting: [
    'required configuration is missing: LEASE_REGION',
    "KeyError: 'DATABASE_URL'",
    'inputs.REGION: REGION is neither in secrets nor in variables of the catalog',
    'pod app-0: container app: its configuration is wrong: configmap "settings" not found',
  ],
  purgedCache: [
    "FileNotFoundError: [Errno 2] No such file or directory: '/workspace/.oneiric_cache/domain_activity.sqlite'",
    '/workspace/.oneiric_cache is missing: it was purged by the build',
  ],
  memory: [
    'Memory limit of 512 MiB exceeded with 530 MiB used.',
    'pod app-0: container app: it crashes again and again (last exit code 137, OOMKilled, 2 restarts)',
    'FATAL ERROR: Reached heap limit Allocation failed - JavaScript heap out of memory',
  ],
  image: [
    "Image 'host.example/p/r/i@sha256:00' not found.",
    'Google Cloud Run Service Agent service-1@serverless-robot-prod.iam.gserviceaccount.com must have permission to ' +
      'read the image, host.example/p/r/i. Ensure that the provided container image URL is correct',
    'pod app-0: container app: image host.example/p/r/i cannot be pulled: manifest unknown',
    'pod app-0 is not ready: ImagePullBackOff',
  ],
  quota: [
    'Container Healthcheck failed. Quota exceeded for total allowable CPU per project per region.',
    'template.scaling.max_instance_count: Max instances must be set to 200 or fewer to set the requested total CPU. ' +
      'Quota violated: CpuAllocPerProjectRegion requested: 400000 allowed: 200000 (INVALID_ARGUMENT)',
    'pods "app-0" is forbidden: exceeded quota: few, requested: pods=1, used: pods=2, limited: pods=2',
  ],
  permission: [
    "stage: Permission 'run.services.update' denied on resource (PERMISSION_DENIED)",
    'the account of the worker has no permission run.services.update on service app of p in us-central1: grant it ' +
      'roles/run.developer (Cloud Run Developer)',
    "look at secret key of p: Permission 'secretmanager.versions.get' denied for resource (PERMISSION_DENIED); grant " +
      'roles/secretmanager.viewer (Secret Manager Viewer) to the account of the worker',
    'read secret keys/KEY: secrets "keys" is forbidden: User "worker" cannot get resource "secrets" (Forbidden)',
  ],
  migration: [
    'the migration failed: job-1-m1 failed (Container called exit(1).), 1 task attempt',
    'the fallback migration failed, too: job-1-m1 failed (BackoffLimitExceeded), 1 task attempt',
  ],
  port: [
    'revision r-1 did not become ready: HealthCheckContainerError: The user-provided container failed to start and ' +
      'listen on the port defined provided by the PORT=8080 environment variable within the allocated timeout.',
    'Default STARTUP TCP probe failed 1 time consecutively for container "app" on port 8080.',
    'Container called exit(1).',
    'pod app-0: container app: it crashes again and again (last exit code 3, Error, 2 restarts)',
  ],
  startUpProbe: [
    'The user-provided container failed the configured startup probe checks. Logs might contain more information.',
    'STARTUP HTTP probe failed 3 times consecutively for container "app-1" on port 8080 path "/healthz".',
    'Startup probe failed: HTTP probe failed with statuscode: 503',
    'pod app-0: container app: it crashes again and again (last exit code 143, Error, 2 restarts); ' +
      'Container app failed startup probe, will be restarted',
    'Deployment app was not rolled out within 60 s: pod app-0 is not ready: it runs, but its probes do not pass',
  ],
};

describe('the table of diagnoses', () => {
  it('has a text for each row', () => {
    expect(Object.keys(texts)).toEqual(diagnosisNames);
  });

  it.each(Object.entries(texts).flatMap(([name, all]) => all.map((text) => [name, text])))(
    'finds %s in: %s',
    (name, text) => {
      expect(diagnose([text])[0]).toMatchObject({ name, seen: text.slice(0, 300) });
    },
  );

  it.each([
    'GET /healthz answered 500, expected 200',
    'migration 3_add failed: column "a" does not exist',
    'watching the queue: 3 runs',
    'remote sync is disabled',
    'secrets: provider gcp.secret_manager is ready',
    'the cache is warm',
    'release owner said no',
    'service watchers did not become ready: the revision is not there, and it cannot serve',
    'stage: service file-watcher failed',
    'update service secret-store of p: no answer in time',
    'Container called exit(0).',
  ])('finds nothing in: %s', (text) => {
    expect(diagnose([text])).toEqual([]);
  });
});

describe('a diagnosis', () => {
  const said = (text: string, revision = 'service-2'): LogEntry => ({ ...logEntry(text), revision });
  const explain = (lines: LogEntry[], message = 'GET /healthz answered 500', migration: JobRun | null = null) => {
    const world = new World({ secrets: { KEY: { secret: 'key', version: 'latest' } } });
    world.logEntries = lines;
    const { diagnose: find } = createDiagnosisActivities(world.ports({} as never, {} as never));
    const request = { entry: world.entry, message, since: '2026-01-01T00:00:00Z', served: ['service-1'] };
    return find({ ...request, migration });
  };

  it('is found in what the new revision wrote, and not in what the old one did', async () => {
    expect(await explain([said('ok'), said('remote sync attempt failed')])).toMatchObject([{ name: 'remoteSync' }]);
    expect(await explain([said('remote sync attempt failed', 'service-1')])).toEqual([]);
  });

  it('is found in the message of the failure, and the more special one comes first', async () => {
    const message = 'revision r-1 did not become ready: it failed to start and listen on the port';
    const found = await explain([said('file watcher failed: read-only')], message);
    expect(found.map(({ name }) => name)).toEqual(['watchers', 'port']);
  });

  it('names the secret that nobody may read, since its name is none', async () => {
    const [found] = await explain([said('Permission denied on secret: projects/1/secrets/key1/versions/2 for x')]);
    expect(found).toMatchObject({ name: 'secretRole', seen: expect.stringContaining('projects/1/secrets/key1') });
  });

  it('of a migration that failed shows what its program wrote last, and does not speak of ports', async () => {
    const failed: JobRun = {
      ...{ execution: 'job-m1', outcome: 'failed', digest: 'sha256:0', taskAttempts: 1, reason: 'exit(1)' },
      ...{ startedAt: '2026-01-01T00:00:00Z', endedAt: '2026-01-01T00:00:05Z' },
    };
    const wrote = ['Traceback', "KeyError: 'DATABASE_URL'", ' ', 'token=abc123def', 'Container called exit(1).'];
    const message = 'the migration failed: job-m1 failed (Container called exit(1).), 1 task attempt';
    const found = await explain(
      wrote.map((line) => said(line)),
      message,
      failed,
    );
    expect(found).toMatchObject([
      { name: 'missingSetting', seen: "KeyError: 'DATABASE_URL'" },
      { name: 'migration', seen: message, lines: ['Traceback', "KeyError: 'DATABASE_URL'", 'token=[secret]'] },
    ]);
  });

  it('shows no secret', async () => {
    const [found] = await explain([said('remote sync attempt failed with key value of key, token=abc123def')]);
    expect(found?.seen).toBe('remote sync attempt failed with key [secret], token=[secret]');
  });
});
