import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterAll, afterEach, describe, expect, it, vi } from 'vitest';
import { createGoogleClients, type GoogleClients } from '../../activities/google/clients.ts';
import { createIdentityTokens, identityTokensOf } from '../../activities/google/identity-token.ts';
import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import { gateResult } from '../activities/gate-world.ts';
import { workerAccount } from '../../sandbox/worker-account.ts';
import { workerPermissions } from '../../contract/google-rights.ts';
import type { CloudProcess } from '../emulator/cloud.ts';
import { addImage, createService, runClients, template, to, updateService } from '../emulator/run-fixtures.ts';
import { withCloud } from '../emulator/stage.ts';
import { World } from '../workflows/world.ts';

let cloud: CloudProcess;
let clients: GoogleClients;
let uri: string;
let tagUri: string;

withCloud(async (started) => {
  cloud = started;
  const http = `http://127.0.0.1:${cloud.httpPort}`;
  clients = await createGoogleClients({ grpc: `127.0.0.1:${cloud.grpcPort}`, token: workerAccount, http });
  const run = runClients(cloud);
  const image = await addImage(cloud, 'web', 'v1');
  const made = await createService(run, cloud, 'private', { template: template(image) });
  const revision = String(made.latestReadyRevision).split('/').at(-1) ?? '';
  const tagged = await updateService(
    run,
    { name: String(made.name), traffic: [to(revision, 100), { ...to(revision, 0), tag: 'next' }] },
    ['traffic'],
  );
  uri = String(made.uri);
  tagUri = String(tagged.trafficStatuses?.find(({ tag }) => tag === 'next')?.uri);
  await cloud.control('POST', 'permissions', { permission: 'run.routes.invoke', resource: 'services/private' });
});
afterAll(() => clients.close());
afterEach(() => vi.unstubAllEnvs());

const target = () => ({ kind: 'cloudRun', project: cloud.project, region: cloud.region, service: 'private' }) as const;
const call = (url: string, authorization?: string) =>
  fetch(url, { headers: { ...(authorization && { authorization }) } });

/** Runs a gate against the private service, with the adapter's own tokens. */
async function gate(fields: object, url = uri) {
  const world = new World();
  const entry = { ...world.entry, settings: { ...world.entry.settings, target: target() } } as CatalogEntry;
  const { secrets } = world.ports({} as never, {} as never);
  const ports = { secrets: { ...secrets, identityToken: createIdentityTokens(clients) } };
  return gateResult({ path: '/', ...fields }, { entry, url, ports });
}

describe('a service that is not public', () => {
  it('refuses a request without a token, and one with a token that is none or for somebody else', async () => {
    const forbidden = await call(uri);
    expect([forbidden.status, await forbidden.text()]).toEqual([403, expect.stringContaining('permission to get URL')]);
    for (const token of [
      'none',
      `${await clients.identityToken(uri)}x`,
      await clients.identityToken('https://x.example'),
    ])
      expect((await call(uri, `Bearer ${token}`)).status).toBe(401);
  });

  it('takes one for its own address, at its tags too, and never hands a whole token to the container', async () => {
    const token = await createIdentityTokens(clients)(target(), undefined);
    expect(await (await call(uri, `Bearer ${token}`)).text()).toBe('v1');
    expect(await (await call(tagUri, `Bearer ${token}`)).text()).toBe('v1');
  });

  it('refuses a token of an account that may not invoke it, and the gate says which role that is', async () => {
    const permissions = workerPermissions.filter((permission) => permission !== 'run.routes.invoke');
    await cloud.control('PUT', 'permissions', { account: workerAccount, permissions });
    const headers = { authorization: { identityToken: true } };
    expect(await gate({ headers })).toMatchObject({ reason: expect.stringMatching(/403.*roles\/run\.invoker/) });
    await cloud.control('PUT', 'permissions', { account: workerAccount, permissions: workerPermissions });
  });

  it('is asked by a gate with the header for it, and a gate without says what it lacks', async () => {
    const headers = { authorization: { identityToken: true } };
    for (const url of [uri, tagUri]) expect(await gate({ headers }, url)).toMatchObject({ verdict: 'pass' });
    expect(await gate({})).toMatchObject({
      verdict: 'fail',
      reason: expect.stringMatching(
        /answered 403, expected 200; the platform itself refused it.*identityToken: true.*roles\/run\.invoker/,
      ),
    });
    const elsewhere = { authorization: { identityToken: true, audience: 'https://x.example' } };
    expect(await gate({ headers: elsewhere })).toMatchObject({
      verdict: 'fail',
      reason: expect.stringContaining('401'),
    });
  });
});

describe('a service that the catalog opens (allowUnauthenticated)', () => {
  it('asks nobody for a token', async () => {
    const run = runClients(cloud);
    const name = `${cloud.parent}/services/private`;
    await updateService(run, { name, invokerIamDisabled: true }, ['invoker_iam_disabled']);
    expect((await call(uri)).status).toBe(200);
    await updateService(run, { name, invokerIamDisabled: false }, ['invoker_iam_disabled']);
    expect((await call(uri)).status).toBe(403);
  });
});

describe('an identity token', () => {
  it('is of the metadata server where the worker runs as a service account', async () => {
    const home = await mkdtemp(path.join(tmpdir(), 'slipway-home-'));
    try {
      vi.stubEnv('HOME', home);
      vi.stubEnv('CLOUDSDK_CONFIG', home);
      vi.stubEnv('GOOGLE_APPLICATION_CREDENTIALS', '');
      vi.stubEnv('METADATA_SERVER_DETECTION', 'assume-present');
      vi.stubEnv('GCE_METADATA_HOST', `127.0.0.1:${cloud.httpPort}`);
      const token = await identityTokensOf({})(uri);
      expect((await call(uri, `Bearer ${token}`)).status).toBe(200);
    } finally {
      await rm(home, { recursive: true });
    }
  });

  const refusedWith = (why: string) =>
    createIdentityTokens({ ...clients, identityToken: () => Promise.reject(new Error(why)) })(target(), undefined);

  it.each([
    'Could not load the default credentials.',
    'Cannot fetch ID token in this environment, use GCE or set the GOOGLE_APPLICATION_CREDENTIALS',
    'invalid_grant',
  ])('that cannot be had is a final answer, and says what the worker needs: %s', async (why) => {
    await expect(refusedWith(why)).rejects.toMatchObject({
      type: 'Denied',
      nonRetryable: true,
      message: expect.stringMatching(/no identity token for http.*the worker needs a service account/),
    });
  });

  it.each([
    'Unsuccessful response status code. Request failed with status code 404',
    'network timeout at: http://169.254.169.254/computeMetadata/v1/instance',
    'request to http://metadata.google.internal/ failed, reason: connect ECONNREFUSED 169.254.169.254:80',
    'getaddrinfo ENOTFOUND metadata.google.internal',
    'socket hang up',
    'Request failed with status code 503',
  ])('that a metadata server does not make now is asked for again: %s', async (why) => {
    const failure: unknown = await refusedWith(why).catch((error: unknown) => error);
    expect(failure).toMatchObject({ nonRetryable: false, message: expect.stringContaining(why) });
    expect((failure as Error).message).not.toContain('needs a service account');
  });

  it('that is not made for minutes is a final answer, too', async () => {
    const environment = new MockActivityEnvironment({ attempt: 9, scheduledTimestampMs: Date.now() - 6 * 60_000 });
    await expect(environment.run(() => refusedWith('socket hang up'))).rejects.toMatchObject({
      type: 'Denied',
      nonRetryable: true,
    });
  });
});
