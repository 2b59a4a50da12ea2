import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { chooseConnection, connect } from '../../client/api/connection.ts';
import {
  InvalidName,
  NamespaceNotFound,
  Outage,
  Refused,
  RunExists,
  RunNotFound,
  SandboxNotFound,
  Unanswered,
} from '../../client/api/errors.ts';
import { SlipwayClient } from '../../client/api/slipway-client.ts';
import { startStubServer, type StubServer } from './stub-server.ts';

const input = {
  service: 'shop',
  environment: 'production',
  commit: 'a'.repeat(40),
  requestedBy: 'ann@example.com',
};
const noProfiles = { TEMPORAL_CONFIG_FILE: '/nonexistent' };

describe('the typed client throws its own errors', () => {
  let server: StubServer;
  let slipway: SlipwayClient;
  beforeAll(async () => {
    server = await startStubServer();
    const options = { address: server.address };
    slipway = new SlipwayClient(server.environment.client, { ui: undefined, namespace: 'default', options });
  });
  afterAll(async () => server.close());

  it('RunNotFound for an id that no run has', async () => {
    await expect(slipway.status('nobody')).rejects.toThrow(RunNotFound);
    await expect(slipway.timeline('nobody')).rejects.toThrow(RunNotFound);
    await expect(slipway.approve('nobody', { by: 'ann@example.com' })).rejects.toThrow(RunNotFound);
    await expect(slipway.end('nobody')).rejects.toThrow(RunNotFound);
  });

  it('RunExists for an id that a run has, and Unanswered while no worker lives', async () => {
    const { workflowId } = await slipway.start('deploy', input);
    expect(workflowId).toMatch(/^deploy-shop-production-aaaaaaaa-/);
    await expect(slipway.start('deploy', input, workflowId)).rejects.toMatchObject({
      constructor: RunExists,
      workflowId,
    });
    await expect(slipway.decide(workflowId, { action: 'retry', by: 'ann@example.com' }, { timeoutMs: 500 }))
      .rejects //
      .toMatchObject({ constructor: Unanswered, messageName: 'decide' });
  });

  it('Refused with the reason of the run', async () => {
    const { workflowId } = await slipway.start('deploy', input);
    await server.working(async () => {
      await expect(slipway.approve(workflowId, { by: 'stranger@example.com' })).rejects.toMatchObject({
        constructor: Refused,
        message: 'stranger@example.com does not hold release-owner',
      });
    });
  });

  it('InvalidName for a filter that would end the query', async () => {
    await expect(slipway.list({ service: 'shop" OR "' })).rejects.toThrow(InvalidName);
  });

  it('NamespaceNotFound for a namespace that the server does not have', async () => {
    const other = await connect(undefined, {
      ...noProfiles,
      TEMPORAL_ADDRESS: server.address,
      TEMPORAL_NAMESPACE: 'nowhere',
    });
    const elsewhere = new SlipwayClient(other.client, other);
    await expect(elsewhere.start('deploy', input)).rejects.toThrow(NamespaceNotFound);
    await other.close();
  });
});

describe('a connection', () => {
  it('fails as an Outage where nothing listens', async () => {
    await expect(connect(undefined, { ...noProfiles, TEMPORAL_ADDRESS: '127.0.0.1:1' })).rejects.toMatchObject({
      constructor: Outage,
      message: expect.stringMatching(/^cannot reach Temporal at 127\.0\.0\.1:1 \(from TEMPORAL_ADDRESS\)/),
    });
  });

  it('fails as SandboxNotFound where a folder has none', async () => {
    await expect(chooseConnection('/nonexistent', noProfiles)).rejects.toThrow(SandboxNotFound);
  });
});
