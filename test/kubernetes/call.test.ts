import { mkdtemp, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { send, type Caller } from '../../activities/kubernetes/call.ts';
import { createKubernetesClients, type KubernetesClient } from '../../activities/kubernetes/client.ts';
import { openObjects } from '../../activities/kubernetes/manifests/objects.ts';
import { asFailure, classified, isOutcomeUnknown, orUndefined } from '../../activities/kubernetes/failure.ts';
import { answer, FakeApiServer, status } from './fake-api-server.ts';

let server: FakeApiServer;
let client: KubernetesClient;
beforeEach(async () => {
  server = new FakeApiServer();
  await server.start();
  client = server.client();
});
afterEach(async () => {
  client.connection.close();
  await server.stop();
});

const readSet = (caller: Partial<Caller> = {}) =>
  send({ client, ...caller }, 'read StatefulSet web', {
    method: 'GET',
    path: '/apis/apps/v1/namespaces/shop/statefulsets/web',
  });
const failure = (caller?: Partial<Caller>) => readSet(caller).catch((error: unknown) => error);

describe('failures are classified once', () => {
  it.each([
    [400, 'BadRequest', 'BadRequest', true],
    [401, 'Unauthorized', 'Denied', false],
    [403, 'Forbidden', 'Denied', true],
    [404, 'NotFound', 'Missing', true],
    [409, 'Conflict', 'Unavailable', false],
    [409, 'AlreadyExists', 'BadRequest', true],
    [410, 'Expired', 'Unavailable', false],
    [422, 'Invalid', 'BadRequest', true],
    [429, 'TooManyRequests', 'Unavailable', false],
    [500, 'InternalError', 'Unavailable', false],
    [503, 'ServiceUnavailable', 'Unavailable', false],
    [504, 'Timeout', 'Unavailable', false],
  ])('%s %s is %s', async (code, reason, type, nonRetryable) => {
    server.handler = (_request, response) => answer(response, code, status(code, reason, 'one\ntwo\u001b[2J'));
    const error = asFailure(await failure());
    expect(error).toMatchObject({ type, nonRetryable });
    expect(error).toMatchObject({ message: `read StatefulSet web: one two (${reason})` });
  });

  it("takes another manager's field for drift", async () => {
    const message = 'Apply failed with 1 conflict: conflict with "kubectl" using apps/v1: .spec.replicas';
    const causes = [{ reason: 'FieldManagerConflict', field: '.spec.replicas', message: 'conflict with "kubectl"' }];
    server.handler = (_request, response) => answer(response, 409, status(409, 'Conflict', message, { causes }));
    expect(asFailure(await failure())).toMatchObject({
      type: 'Drifted',
      nonRetryable: true,
      message: expect.stringContaining('"kubectl" using apps/v1: .spec.replicas'),
    });
  });

  it('names the field of an invalid object, but no value that may be secret', async () => {
    const field = 'spec.template.spec.containers[0].env[0].name';
    const causes = [{ reason: 'FieldValueInvalid', field, message: 'Invalid value: "hunter2"' }];
    const told = status(422, 'Invalid', `x is invalid: ${field}: Invalid value: "hunter2"`, { causes });
    server.handler = (_request, response) => answer(response, 422, told);
    expect(asFailure(await failure())).toMatchObject({
      type: 'BadRequest',
      message: `read StatefulSet web: ${field}: FieldValueInvalid (Invalid)`,
    });
  });

  it('waits as long as the server says', async () => {
    server.handler = (_request, response) => {
      response.setHeader('retry-after', '3');
      answer(response, 429, status(429, 'TooManyRequests', 'too many'));
    };
    expect(asFailure(await failure())).toMatchObject({ nextRetryDelay: 3_000 });
  });

  it('does not know the outcome of a call without an answer, but of one that was never sent', async () => {
    client.callTimeoutMs = 50;
    server.handler = () => {};
    const late = await failure();
    expect(isOutcomeUnknown(late)).toBe(true);
    expect(asFailure(late)).toMatchObject({
      type: 'Unavailable',
      message: 'read StatefulSet web: no answer in time (no answer)',
    });
    await server.stop();
    const unsent = await failure();
    expect(isOutcomeUnknown(unsent)).toBe(false);
    await server.start();
  });

  it('ends with the reason of whoever gives it up', async () => {
    const given = new AbortController();
    server.handler = () => given.abort(new Error('cancelled'));
    await expect(readSet({ signal: given.signal })).rejects.toThrow('cancelled');
    await expect(send({ client, signal: given.signal }, 'read', { method: 'GET', path: '/x' })).rejects.toThrow(
      'cancelled',
    );
  });

  it("passes on what is no call's error", async () => {
    const defect = new TypeError('defect');
    await expect(classified(() => Promise.reject(defect))).rejects.toBe(defect);
  });

  it('answers undefined for an object that is not there', async () => {
    expect(await orUndefined(readSet())).toBeUndefined();
  });
});

describe('a call', () => {
  it('names its author, for the audit log of the cluster, and signs in', async () => {
    const seen: unknown[] = [];
    server.handler = ({ headers }, response) => {
      seen.push([headers['user-agent'], headers.authorization]);
      answer(response, 200, { kind: 'StatefulSet', apiVersion: 'apps/v1', metadata: { name: 'web' } });
    };
    const marker = { change: 'c1', step: 'shift', attempt: 2, fence: { number: 3, sequence: 7 } };
    await readSet({ marker });
    expect(seen).toEqual([['slipway (change=c1; step=shift; attempt=2; fence=3.7)', 'Bearer abc']]);
  });

  it('takes an open socket again', async () => {
    server.handler = (_request, response) => answer(response, 200, { metadata: { name: 'web' } });
    for (let count = 0; count < 20; count += 1) await readSet();
    expect(server.openSockets).toBe(1);
  });

  it('reads the resources of an API version once for objects of any kind', async () => {
    const resources = [{ kind: 'StatefulSet', name: 'statefulsets', namespaced: true }];
    const set = { kind: 'StatefulSet', apiVersion: 'apps/v1', metadata: { name: 'web', namespace: 'shop' } };
    server.handler = ({ url }, response) => answer(response, 200, url === '/apis/apps/v1' ? { resources } : set);
    for (let count = 0; count < 3; count += 1) await openObjects({ client }).read(set);
    expect(server.requests.filter((request) => request === 'GET /apis/apps/v1')).toHaveLength(1);
  });
});

describe('access', () => {
  it('names the contexts that there are', async () => {
    const path = join(await mkdtemp(join(tmpdir(), 'kubeconfig-')), 'config');
    const text = {
      clusters: [{ name: 'a', cluster: { server: 'https://127.0.0.1:1' } }],
      users: [{ name: 'a', user: { token: 'secret' } }],
      contexts: [{ name: 'admin', context: { cluster: 'a', user: 'a' } }],
      'current-context': 'admin',
    };
    await writeFile(path, JSON.stringify(text));
    const clients = createKubernetesClients({ kubeconfig: path });
    expect(clients.of(undefined).connection.server).toBe('https://127.0.0.1:1');
    expect(clients.of('admin')).toBe(clients.of('admin'));
    expect(() => clients.of('prod')).toThrow('the kubeconfig has no context prod, but admin');
    clients.close();
  });

  it('never quotes a file that it cannot read', async () => {
    const path = join(await mkdtemp(join(tmpdir(), 'kubeconfig-')), 'config');
    await writeFile(path, 'users:\n  - token: "hunter2');
    const open = () => createKubernetesClients({ kubeconfig: path }).of(undefined);
    expect(open).toThrow('it is not a kubeconfig');
    expect(open).not.toThrow('hunter2');
    expect(() => createKubernetesClients({ kubeconfig: '/nowhere' }).of(undefined)).toThrow('/nowhere: ENOENT');
  });
});
