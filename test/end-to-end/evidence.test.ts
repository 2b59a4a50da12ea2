import { execFile } from 'node:child_process';
import { readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { promisify } from 'node:util';
import { Storage } from '@google-cloud/storage';
import { describe, expect, it } from 'vitest';
import { parse, stringify } from 'yaml';
import { createBucketObjects } from '../../activities/google/storage.ts';
import { queryNames } from '../../contract/messages.ts';
import type { Plan } from '../../contract/plan.ts';
import { evidenceManifest, filesOf } from '../../contract/evidence.ts';
import { ScriptedService } from '../activities/gate-world.ts';
import { openedForFile } from '../opened-for-file.ts';
import { expectFailure } from '../expect-failure.ts';
import { effective } from './call-log.ts';
import { executionsStarted } from './invariants.ts';
import { developer } from './runs.ts';
import { openSandbox } from './stage.ts';

const shipped = path.join(import.meta.dirname, '..', '..', 'catalog', 'oneiric.yaml');
const bucket = 'gs://slipway-evidence/audit';
/** Where GitHub would be; it takes whatever is posted, and has nothing yet. */
const github = openedForFile(
  async () => {
    const service = await new ScriptedService().open();
    service.reply = ({ method }) => ({ status: 200, json: method === 'POST' ? { id: 1 } : [] });
    return service;
  },
  async (service) => service.close(),
);
const sandbox = openSandbox({
  services: ['oneiric'],
  hasWorker: false,
  async prepare(opened) {
    const file = parse(await readFile(shipped, 'utf8'), { merge: true });
    file.environments.production.evidence.tickets = [{ kind: 'githubDeployment', repository: 'example/oneiric' }];
    await writeFile(path.join(opened.catalogFolder, 'oneiric.yaml'), stringify(file, { aliasDuplicateObjects: false }));
    const { http: apiEndpoint, project: projectId } = opened.cloud;
    await new Storage({ apiEndpoint, projectId }).createBucket('slipway-evidence');
    await opened.worker({ SLIPWAY_EVIDENCE_BUCKET: bucket, SLIPWAY_GITHUB_API: github.url });
  },
});

const deploy = (scenario: string) =>
  sandbox.runs.start('deploy', {
    service: 'oneiric',
    environment: 'production',
    commit: sandbox.commitOf('oneiric', scenario),
    requestedBy: developer,
  });

/** What `./slipway evidence` says of a release, in a process of its own. */
async function auditOf(change: string): Promise<object> {
  const main = path.join(import.meta.dirname, '..', '..', 'client', 'main.ts');
  const args = [main, 'evidence', change, '--dir', sandbox.description.dir, '--bucket', bucket, '--json'];
  const { stdout } = await promisify(execFile)(process.execPath, args);
  return JSON.parse(stdout) as object;
}

/** What each bad release shows, in its own words. */
const findings: [scenario: string, finding: RegExp][] = [
  ['watches-files', /the evidence failed: supervisor-info: its output has true at \/watchers_enabled, expected false/],
  ['noisy', /the evidence failed: stderr: oneiric-\S+ wrote to stderr: watchdog: no heartbeat file/],
  ['syncs-remote', /supervisor-info: its output has true at \/remote_enabled, expected false/],
  ['supervisor-off', /its output has false at \/supervisor_enabled, expected true/],
  ['secrets-from-file', /health: its output has "file" at \/secrets\/provider, expected "gcp.secret_manager"/],
  ['secret-missing', /its output has "failed" at \/secrets\/status, expected "ready"/],
  ['paused', /activity: its output has "paused" at \/activity_state, expected "accepting".*\/paused/],
  ['fails-profile-tests', /profile-tests: it failed/],
  ['no-callback', /the smoke failed: workflow-callback: POST \/tasks\/workflow answered 404, expected 202/],
];
/** One of a program's output and one of the candidate's log are enough to see that the ways are joined. */
const played = process.env['SLIPWAY_LONG'] ? findings : findings.slice(0, 2);

/** Runbook 002, sections 6 and 8, over the emulator: jobs, log entries and requests are those of the platform. */
describe('a release of oneiric', () => {
  it('runs its own commands in the image, and keeps what they say, before users get it', async () => {
    const run = await deploy('good');
    const { change, evidence: [hash = ''] = [], digest } = await run.result();
    const started = executionsStarted(await sandbox.calls(), change);
    const steps = ['evidence-1', 'evidence-2', 'evidence-3', 'evidence-4'];
    expect(started.map(({ markers }) => markers.step)).toEqual(steps);
    for (const execution of await sandbox.platform.executions('oneiric-evidence'))
      expect(execution.template?.containers?.[0]?.image).toContain(digest);

    const store = createBucketObjects(bucket, sandbox.cloud);
    const manifest = evidenceManifest.parse(JSON.parse(String(await store.read(hash))));
    expect(manifest).toMatchObject({ service: 'oneiric', change, digest, verdict: 'pass' });
    expect(manifest.checks.map(({ name, verdict }) => `${name} ${verdict}`)).toEqual(
      ['supervisor-info', 'health', 'activity', 'profile-tests', 'readiness', 'workflow-callback', 'stderr'].map(
        (name) => `${name} pass`,
      ),
    );
    // What Slipway packed is what the program in the image has found (runbook 002, section 7).
    const { manifest: planned } = await run.query<Plan>(queryNames.plan);
    expect(manifest.packed).toEqual(planned);
    const found = manifest.checks[1]?.assertions.find(({ at }) => at === '/manifest/sha256');
    expect(found).toMatchObject({ holds: true, found: JSON.stringify(planned?.sha256) });
    const texts = new Map<string, string>();
    for (const file of filesOf(manifest)) texts.set(file.name, String(await store.read(file.sha256)));
    expect(JSON.parse(texts.get('health/stdout') ?? '')).toMatchObject({
      secrets: { provider: 'gcp.secret_manager', status: 'ready' },
      lifecycle_state: { activity_state: 'accepting' },
    });
    expect(texts.get('profile-tests/stdout')).toMatch(/pass 3/);
    expect(texts.get('release-notes.md')).toContain('`/watchers_enabled` is `false`');
    expect((await sandbox.runs.environment('oneiric')).ledger.at(-1)).toMatchObject({ change, evidence: [hash] });
    expect(await auditOf(change)).toMatchObject({ problems: [], manifest: { change } });
    const posted = github.requests('POST').map(({ path: where, body }) => [where, JSON.parse(body)]);
    expect(posted).toMatchObject([
      ['/repos/example/oneiric/deployments', { payload: { change, manifest: hash } }],
      ['/repos/example/oneiric/deployments/1/statuses', { state: 'success' }],
    ]);
    const { historyLength } = await run.describe();
    // A standard deploy has 150 at most (test/guards/history.test.ts); this one has further jobs.
    expect(historyLength).toBeLessThanOrEqual(175);
  }, 120_000);

  it('whose settings do not allow its packed manifest is refused before anything is built', async () => {
    const before = (await sandbox.calls()).length;
    await expectFailure(
      await deploy('manifest-elsewhere'),
      'InvalidInput',
      /file:\/\/\/workspace\/build\/serverless_manifest\.json is in no folder of \/remote\/allowed_file_uri_roots/,
    );
    expect(effective((await sandbox.calls()).slice(before))).toEqual([]);
  });

  it.each(played)(
    'that is %s never gets users, and says why',
    async (scenario, finding) => {
      const before = (await sandbox.platform.served('oneiric', 'oneiric-evidence')).serving;
      await expectFailure(await deploy(scenario), 'RolledBack', finding);
      expect((await sandbox.platform.served('oneiric', 'oneiric-evidence')).serving.map(({ image }) => image)).toEqual(
        before.map(({ image }) => image),
      );
    },
    60_000,
  );
});
