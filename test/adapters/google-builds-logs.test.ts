import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { LoggingServiceV2Client } from '@google-cloud/logging-api';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { createGoogleClients, type GoogleClients } from '../../activities/google/clients.ts';
import { createGitSources } from '../../activities/git/sources.ts';
import { createBuilds } from '../../activities/google/builds/index.ts';
import { createCloudLogs } from '../../activities/google/logging.ts';
import { logSearch } from '../../contract/catalog/targets/index.ts';
import { quoted } from '../../contract/catalog/targets/logging-query.ts';
import type { BuildEntry } from '../../contract/catalog/build.ts';
import { workerAccount } from '../../sandbox/worker-account.ts';
import { startCloud, type CloudProcess } from '../emulator/cloud.ts';
import { temporaryFolders } from '../emulator/folders.ts';

const folders = temporaryFolders();
let cloud: CloudProcess;
let clients: GoogleClients;
let commits: { good: string; other: string; broken: string };

beforeAll(async () => {
  cloud = await startCloud({ dir: folders.create('builds'), tempo: { buildMs: 100 } });
  const http = `http://127.0.0.1:${cloud.httpPort}`;
  clients = await createGoogleClients({
    grpc: `127.0.0.1:${cloud.grpcPort}`,
    token: workerAccount,
    http,
    callTimeoutMs: 1_000,
  });
  commits = createRepository(join(cloud.dir, 'repos', 'app.git'));
});
afterEach(() => cloud.control('DELETE', 'faults'));
afterAll(async () => {
  await clients.close();
  await cloud.stop();
});

const git = (cwd: string, ...args: string[]): string =>
  execFileSync(
    'git',
    ['-c', 'user.name=Test', '-c', 'user.email=test@example.com', '-c', 'init.defaultBranch=main', ...args],
    { cwd, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] },
  ).trim();

function createRepository(bare: string): { good: string; other: string; broken: string } {
  const work = folders.create('repository');
  git(work, 'init', '--quiet');
  const commit = (server: string): string => {
    writeFileSync(join(work, 'Procfile'), 'web: node server.js\n');
    writeFileSync(join(work, 'server.js'), server);
    git(work, 'add', '.');
    git(work, 'commit', '--quiet', '-m', 'commit');
    return git(work, 'rev-parse', 'HEAD');
  };
  const made = {
    good: commit('console.log(1);\n'),
    other: commit('console.log(2);\n'),
    broken: commit('const = 1;\n'),
  };
  mkdirSync(join(bare, '..'), { recursive: true });
  git(work, 'clone', '--quiet', '--bare', work, bare);
  git(bare, 'update-server-info');
  return made;
}

const build = (): BuildEntry => ({
  kind: 'cloudBuild',
  project: cloud.project,
  region: cloud.region,
  image: `${cloud.region}-docker.pkg.dev/${cloud.project}/apps/team/app`,
  timeoutMinutes: 5,
});
const repository = () => ({ url: `http://127.0.0.1:${cloud.httpPort}/git/app.git`, branch: 'main' });
const sources = () => createGitSources(join(cloud.dir, 'mirrors'), { read: () => null });
const created = () =>
  cloud.calls().filter(({ method, effect }) => method.endsWith('/CreateBuild') && effect !== 'none').length;

function run(commit: string) {
  return createBuilds(clients, sources()).run({
    build: build(),
    repository: repository(),
    commit,
    change: 'c0123456789',
    progress: () => undefined,
    signal: new AbortController().signal,
  });
}

describe('builds', () => {
  it('builds a commit once, and finds it again by its tag', async () => {
    const builds = createBuilds(clients, sources());
    expect(await builds.find(build(), commits.good)).toBeUndefined();
    const before = created();
    const artifact = await run(commits.good);
    expect(artifact).toMatchObject({ commit: commits.good, image: `${build().image}@${artifact.digest}` });
    expect(await run(commits.good)).toEqual(artifact);
    expect(await builds.find(build(), commits.good)).toEqual(artifact);
    expect(await builds.commitOf(build(), artifact.image)).toBe(commits.good);
    expect(await builds.commitOf(build(), `${build().image}@sha256:${'0'.repeat(64)}`)).toBe('');
    expect(await builds.isStored(build(), artifact.image)).toBe(true);
    expect(await builds.isStored(build(), `${build().image}@sha256:${'0'.repeat(64)}`)).toBe(false);
    expect(created() - before).toBe(1);
  });

  it('follows the build whose answer was lost', async () => {
    const before = created();
    await cloud.control('POST', 'faults', {
      method: 'google.devtools.cloudbuild.v1.CloudBuild/CreateBuild',
      nth: 1,
      kind: 'lost',
    });
    await cloud.control('PUT', 'tune', { buildMs: 2_500 });
    await expect(run(commits.other)).rejects.toMatchObject({ type: 'Unavailable', nonRetryable: false });
    expect(await run(commits.other)).toMatchObject({ commit: commits.other });
    await cloud.control('PUT', 'tune', { buildMs: 100 });
    expect(created() - before).toBe(1);
  });

  it('says why a build failed, with its last lines and its log', async () => {
    await expect(run(commits.broken)).rejects.toMatchObject({
      type: 'GateFailed',
      nonRetryable: true,
      message: expect.stringMatching(/ended as FAILURE.*log: https:/) as string,
    });
  });

  it('refuses a commit that the repository does not have', async () => {
    await expect(run('f'.repeat(40))).rejects.toMatchObject({ type: 'GateFailed' });
  });
});

describe('logs', () => {
  const read = (filter: string, limit: number) => {
    const entry = { kind: 'cloudRun', project: cloud.project, region: cloud.region, service: 'app' } as const;
    return createCloudLogs(clients).read(entry, { filter, since: '2020-01-01T00:00:00Z', until: null }, limit);
  };

  it('reads newest first, at most so many, in one printable line each', async () => {
    const writer = new LoggingServiceV2Client(cloud.clientOptions());
    const at = (seconds: number) => ({ seconds: Math.floor(Date.now() / 1000) - seconds });
    await writer.writeLogEntries({
      logName: `projects/${cloud.project}/logs/test`,
      resource: { type: 'global' },
      entries: [
        { timestamp: at(30), textPayload: 'oldest' },
        { timestamp: at(20), severity: 'ERROR', textPayload: `red \u001b[31mtext\u0007 ${'x'.repeat(900)}` },
        { timestamp: at(10), severity: 'WARNING', jsonPayload: { fields: { message: { stringValue: 'structured' } } } },
        { timestamp: at(5), httpRequest: { requestMethod: 'GET', requestUrl: 'http://a/b', status: 500 } },
      ],
    });
    await writer.close();
    const entries = await read(`log_id("test")`, 3);
    expect(entries.map(({ severity, text }) => `${severity} ${text.slice(0, 18)}`)).toEqual([
      'DEFAULT GET http://a/b 500',
      'WARNING structured',
      'ERROR red text xxxxxxxxx',
    ]);
    expect(entries[2]?.text).toHaveLength(500);
    expect(entries.map(({ fields }) => fields)).toEqual([{}, { message: 'structured' }, {}]);
  });

  it('has the fields of a structured line, those of an object in it, and the trace', async () => {
    const writer = new LoggingServiceV2Client(cloud.clientOptions());
    const text = (stringValue: string) => ({ stringValue });
    await writer.writeLogEntries({
      logName: `projects/${cloud.project}/logs/fields`,
      resource: { type: 'global' },
      entries: [
        {
          trace: `projects/${cloud.project}/traces/0123`,
          jsonPayload: {
            fields: {
              event: text('stream.session'),
              tries: { numberValue: 3 },
              final: { boolValue: false },
              nothing: { nullValue: 'NULL_VALUE' },
              list: { listValue: { values: [text('a')] } },
              metadata: { structValue: { fields: { run_id: text('r1'), deep: { structValue: { fields: {} } } } } },
            },
          },
        },
      ],
    });
    await writer.close();
    const [entry] = await read(`log_id("fields")`, 1);
    expect(entry?.fields).toEqual({
      event: 'stream.session',
      tries: '3',
      final: 'false',
      'metadata.run_id': 'r1',
      trace: `projects/${cloud.project}/traces/0123`,
    });
  });

  it('finds a word in all fields of the lines of one service', async () => {
    const writer = new LoggingServiceV2Client(cloud.clientOptions());
    const resource = { type: 'cloud_run_revision', labels: { service_name: 'app' } };
    const json = (fields: Record<string, { stringValue: string }>) => ({ resource, jsonPayload: { fields } });
    await writer.writeLogEntries({
      logName: `projects/${cloud.project}/logs/search`,
      entries: [
        json({ message: { stringValue: 'ended' }, event: { stringValue: 'Stream.session' } }),
        json({ message: { stringValue: 'lease taken' } }),
        { resource, textPayload: 'an upstream failed' },
        { resource: { ...resource, labels: { service_name: 'other' } }, textPayload: 'stream' },
      ],
    });
    await writer.close();
    const target = { kind: 'cloudRun', project: cloud.project, region: cloud.region, service: 'app' } as const;
    const found = await read(logSearch(target, 'stream'), 10);
    expect(found.map(({ text }) => text).sort()).toEqual(['an upstream failed', 'ended']);
  });

  it("keeps a filter's conjuncts, whatever the value", async () => {
    const odd = 'x" OR severity>=DEFAULT OR "\\';
    expect(await read(`log_id("test") AND textPayload=${quoted(odd)}`, 10)).toEqual([]);
  });

  it('refuses a filter that is none, for good', async () => {
    await expect(read('severity=((', 1)).rejects.toMatchObject({
      type: 'BadRequest',
      nonRetryable: true,
    });
  });

  it('says what it refuses as it will be sent, and nothing of a filter that it takes', async () => {
    const entry = { kind: 'cloudRun', project: cloud.project, region: cloud.region, service: 'app' } as const;
    const logs = createCloudLogs(clients);
    expect(await logs.refusalOf(entry, 'severity=((')).toContain(`read the log of ${cloud.project}: `);
    expect(await logs.refusalOf(entry, 'severity>=ERROR')).toBeNull();
    await cloud.control('POST', 'faults', { method, nth: 1, kind: 'error', code: 'UNAVAILABLE' });
    expect(await logs.refusalOf(entry, 'severity=((')).toBeNull();
  });

  it('leaves the line of those who read a log where it is given up', async () => {
    const { project, region } = cloud;
    const reads = { kind: 'logReadsPerMinute', what: 'reads of the log', project, region: null } as const;
    clients.budget.rest(reads, 300);
    const entry = { kind: 'cloudRun', project, region, service: 'app' } as const;
    const { refusalOf } = createCloudLogs(clients);
    const began = Date.now();
    expect(await refusalOf(entry, 'severity=((', AbortSignal.timeout(50))).toBeNull();
    expect(Date.now() - began).toBeLessThan(250);
  });

  const listed = () => cloud.calls().filter((record) => record.method === method).length;
  const method = 'google.logging.v2.LoggingServiceV2/ListLogEntries';

  it('asks once: the client does not repeat by itself', async () => {
    await cloud.control('POST', 'faults', { method, nth: 1, kind: 'error', code: 'UNAVAILABLE' });
    const before = listed();
    await expect(read('severity>=ERROR', 1)).rejects.toMatchObject({ type: 'Unavailable' });
    expect(listed() - before).toBe(1);
  });

  it('waits in place where the quota is used up, as long as the platform says, and others wait with it', async () => {
    await cloud.control('POST', 'faults', { method, nth: 1, kind: 'error', code: 'RESOURCE_EXHAUSTED', ms: 1_500 });
    const before = listed();
    const began = Date.now();
    const first = read('severity>=ERROR', 1);
    await expect.poll(() => listed() - before).toBe(1);
    await Promise.all([first, read('severity>=ERROR', 1)]);
    expect(Date.now() - began).toBeGreaterThanOrEqual(1_500);
    expect(listed() - before).toBe(3);
  });
});
