import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createPodLogs } from '../../activities/kubernetes/logs.ts';
import type { KubernetesClient } from '../../activities/kubernetes/client.ts';
import { clusterTarget } from '../workflows/samples.ts';
import { answer, FakeApiServer } from './fake-api-server.ts';

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

const resource = (name: string, kind: string) => ({ name, kind, namespaced: true, verbs: ['get', 'list'] });
const workload = {
  apiVersion: 'apps/v1',
  kind: 'StatefulSet',
  metadata: { name: 'runtime', namespace: 'runtime', uid: 'w1' },
  spec: { selector: { matchLabels: { app: 'runtime' } } },
};
const pod = {
  apiVersion: 'v1',
  kind: 'Pod',
  metadata: { name: 'runtime-0', namespace: 'runtime', ownerReferences: [{ uid: 'w1' }] },
  status: { containerStatuses: [{ name: 'runtime', restartCount: 0 }] },
};

/** Serves one workload with one pod that has written these lines. */
function serve(lines: string[]): void {
  const pages: [RegExp, unknown][] = [
    [
      /^\/apis\/apps\/v1$/,
      { resources: [resource('statefulsets', 'StatefulSet'), resource('controllerrevisions', 'ControllerRevision')] },
    ],
    [/^\/api\/v1$/, { resources: [resource('pods', 'Pod')] }],
    [/statefulsets\/runtime$/, workload],
    [/controllerrevisions\?/, { items: [] }],
    [/pods\/runtime-0\/log\?/, lines.map((line, index) => `2026-03-01T10:00:0${index}.000000000Z ${line}`).join('\n')],
    [/pods\?/, { items: [pod] }],
  ];
  server.handler = (request, response) => {
    const [, body] = pages.find(([path]) => path.test(request.url ?? '')) ?? [];
    answer(response, body === undefined ? 404 : 200, body);
  };
}

describe("the logs of a workload's pods", () => {
  it('have the fields of structured lines; the text stays as it was written', async () => {
    const line = JSON.stringify({
      severity: 'WARNING',
      message: 'no end',
      tries: 3,
      metadata: { run_id: 'r1', deep: { er: 1 } },
      list: ['x'],
      none: null,
    });
    serve(['plain text', line, '{"half": ']);
    const clients = { of: () => client, close: () => undefined };
    const query = { filter: '', since: '2026-03-01T10:00:00Z', until: null };
    const entries = await createPodLogs(clients).read(clusterTarget, query, 10);
    expect(entries.map(({ text, severity, fields }) => ({ text, severity, fields }))).toEqual([
      { text: '{"half": ', severity: '', fields: {} },
      {
        text: line,
        severity: 'WARNING',
        fields: { severity: 'WARNING', message: 'no end', tries: '3', 'metadata.run_id': 'r1' },
      },
      { text: 'plain text', severity: '', fields: {} },
    ]);
  });

  it('keep only so many fields, each cut', async () => {
    const many = Object.fromEntries(Array.from({ length: 100 }, (_, index) => [`field${index}`, 'x'.repeat(900)]));
    serve([JSON.stringify(many)]);
    const clients = { of: () => client, close: () => undefined };
    const query = { filter: '', since: '2026-03-01T10:00:00Z', until: null };
    const [entry] = await createPodLogs(clients).read(clusterTarget, query, 10);
    expect(Object.keys(entry?.fields ?? {})).toHaveLength(40);
    expect(entry?.fields['field0']).toHaveLength(200);
  });

  it('take no filter that is no regular expression, and say so without asking the cluster', async () => {
    const logs = createPodLogs({ of: () => client, close: () => undefined });
    const reason = expect.stringMatching(/no regular expression \(RE2\): .*missing closing \)/);
    expect(await logs.refusalOf(clusterTarget, 'error (')).toEqual(reason);
    expect(await logs.refusalOf(clusterTarget, 'error|panic')).toBeNull();
    const query = { filter: 'error (', since: '2026-03-01T10:00:00Z', until: null };
    const failure = { type: 'BadRequest', nonRetryable: true, message: reason };
    await expect(logs.read(clusterTarget, query, 10)).rejects.toMatchObject(failure);
  });
});
