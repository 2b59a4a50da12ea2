import { describe, expect, it } from 'vitest';
import { createDiagnosisActivities } from '../../activities/diagnosis.ts';
import type { LogEntry } from '../../activities/ports/platform.ts';
import { diagnose, diagnosisNames } from '../../contract/diagnosis.ts';
import { logEntry, World } from '../workflows/world.ts';

/** What services and platforms really write; a message names a revision, a project, a secret. */
const texts: Record<string, string[]> = {
  watchers: [
    'OSError: [Errno 28] inotify watch limit reached',
    'file watcher failed to start: read-only file system',
    'cannot start the watcher of config/: permission denied',
  ],
  remoteSync: [
    'remote sync attempt failed: connect ECONNREFUSED 10.0.0.1:443',
    'remote manifest fetch started although --no-remote is given',
    'failed to refresh: remote manifest is not reachable',
  ],
  secretRole: [
    'Permission denied on secret: projects/1/secrets/key/versions/latest for Revision service account x@example.com. ' +
      "The service account used must be granted the 'Secret Manager Secret Accessor' role",
    "Permission 'secretmanager.versions.access' denied for resource 'projects/1/secrets/key/versions/1'",
  ],
  missingSecret: [
    'Secret projects/1/secrets/key/versions/latest was not found',
    'pod app-0 waits: CreateContainerConfigError: secret "key" not found',
  ],
  missingSetting: ['required configuration is missing: LEASE_REGION', "KeyError: 'DATABASE_URL'"],
  purgedCache: [
    "FileNotFoundError: [Errno 2] No such file or directory: '/workspace/.oneiric_cache/domain_activity.sqlite'",
    '/workspace/.oneiric_cache is missing: it was purged by the build',
  ],
  memory: ['Memory limit of 512 MiB exceeded with 530 MiB used.', 'container runtime was OOMKilled'],
  image: ["Image 'host.example/p/r/i@sha256:00' not found.", 'pod app-0 waits: ImagePullBackOff'],
  quota: [
    'Quota exceeded for total allowable CPU per project per region.',
    'pods "app-0" is forbidden: exceeded quota',
  ],
  permission: ["stage: Permission 'run.services.update' denied on resource (PERMISSION_DENIED)"],
  startUpProbe: ['Default STARTUP TCP probe failed 1 time consecutively for container "app" on port 8080.'],
  port: [
    'revision r-1 did not become ready: HealthCheckContainerError: The user-provided container failed to start and ' +
      'listen on the port defined provided by the PORT=8080 environment variable within the allocated timeout.',
    'pod app-0 does not start: CrashLoopBackOff',
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
  ])('finds nothing in: %s', (text) => {
    expect(diagnose([text])).toEqual([]);
  });
});

describe('a diagnosis', () => {
  const said = (text: string, revision = 'service-2'): LogEntry => ({ ...logEntry(text), revision });
  const explain = (lines: LogEntry[], message = 'GET /healthz answered 500') => {
    const world = new World({ secrets: { KEY: { secret: 'key', version: 'latest' } } });
    world.logEntries = lines;
    const { diagnose: find } = createDiagnosisActivities(world.ports({} as never, {} as never));
    return find({ entry: world.entry, message, since: '2026-01-01T00:00:00Z', served: ['service-1'] });
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

  it('shows no secret', async () => {
    const [found] = await explain([said('remote sync attempt failed with key value of key, token=abc123def')]);
    expect(found?.seen).toBe('remote sync attempt failed with key [secret], token=[secret]');
  });
});
