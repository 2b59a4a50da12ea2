import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { createKubernetesClients } from '../../activities/kubernetes/client.ts';
import { readSandbox } from '../../sandbox/description.ts';
import { workerConfig } from '../../worker/config.ts';

vi.mock('../../sandbox/description.ts', { spy: true });

const sandbox = {
  dir: '/sandboxes/one',
  supervisor: { pid: 1, started: 'now' },
  temporal: { address: '127.0.0.1:7233', namespace: 'default', ui: 'http://127.0.0.1:8233', cli: 'temporal', pid: 2 },
  cloud: { grpc: '127.0.0.1:9090', http: 'http://127.0.0.1:9091', project: 'p', region: 'r', callLog: 'log', pid: 3 },
};

beforeEach(() => {
  vi.stubEnv('TEMPORAL_CONFIG_FILE', '/nonexistent');
  vi.stubEnv('TEMPORAL_ADDRESS', undefined);
  vi.mocked(readSandbox).mockResolvedValue(sandbox);
});
afterEach(() => {
  vi.unstubAllEnvs();
  vi.restoreAllMocks();
});

const emulator = { SLIPWAY_CLOUD_GRPC: '127.0.0.1:9090', SLIPWAY_CLOUD_HTTP: 'http://127.0.0.1:9091' };
const configFor = (address: string, environment: NodeJS.ProcessEnv = {}) => {
  vi.stubEnv('TEMPORAL_ADDRESS', address);
  return workerConfig(environment);
};

describe('a worker between a sandbox and the real world', () => {
  it.each(['temporal.example.com:7233', '10.0.0.7:7233', 'shop.tmprl.cloud:7233'])(
    'does not release for Temporal at %s into an emulated cloud',
    async (address) => {
      await expect(configFor(address, emulator)).rejects.toThrow(/SLIPWAY_CLOUD_GRPC names an emulated cloud/);
      expect((await configFor(address)).google).toBeUndefined();
    },
  );

  it.each(['127.0.0.1:7233', 'localhost:7233', '[::1]:7233'])(
    'does not give the runs of a sandbox, Temporal at %s, the real Google Cloud',
    async (address) => {
      await expect(configFor(address)).rejects.toThrow(/that of the sandbox in \/sandboxes\/one, but Google Cloud/);
      expect((await configFor(address, emulator)).hasCredentials).toBe(false);
      vi.mocked(readSandbox).mockResolvedValue(undefined);
      expect((await configFor(address)).hasCredentials).toBe(true);
    },
  );

  it('works for another Temporal of this machine as it is told', async () => {
    expect((await configFor('127.0.0.1:7234')).google).toBeUndefined();
  });

  it("does not give the runs of a sandbox a cluster of somebody's own kubeconfig", async () => {
    const { google, kubernetes } = await workerConfig({});
    expect(google?.grpc).toBe(sandbox.cloud.grpc);
    vi.stubEnv('KUBECONFIG', path.join(import.meta.dirname, 'kubeconfig.yaml'));
    expect(() => createKubernetesClients(kubernetes).of(undefined)).toThrow(/sandbox-without-kubernetes/);
  });
});
