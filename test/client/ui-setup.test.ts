import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { startStubServer, type StubServer } from './stub-server.ts';

describe('./slipway ui setup', () => {
  let server: StubServer;
  beforeAll(async () => {
    server = await startStubServer();
    const { workflowService } = server.environment.client;
    await workflowService.registerNamespace({
      namespace: 'bare',
      workflowExecutionRetentionPeriod: { seconds: 86_400 as never },
    });
  });
  afterAll(async () => server.close());
  const setUp = (...flags: string[]) =>
    server
      .with({ TEMPORAL_NAMESPACE: 'bare', TEMPORAL_UI_URL: 'https://temporal.example.com/' })
      .slipway('ui', 'setup', ...flags);

  it('tells what it would create, creates it, and has nothing to do after that', async () => {
    const states = async (...flags: string[]) => {
      const { exitCode, stdout } = await setUp(...flags, '--json');
      expect(exitCode).toBe(0);
      const { attributes } = JSON.parse(stdout) as { attributes: { state: string }[] };
      return [...new Set(attributes.map(({ state }) => state))];
    };
    await expect.poll(async () => states('--dry-run'), { timeout: 20_000 }).toEqual(['would be created']);
    expect(await states()).toEqual(['created']);
    await expect.poll(async () => states(), { timeout: 20_000 }).toEqual(['there']);
  });

  it('links to each view, and says how a browser gets the columns', async () => {
    const { stdout } = await setUp();
    const links = [...stdout.matchAll(/https:\S+savedQuery=\S+/g)].map(([link]) => new URL(link));
    expect(links.map(({ searchParams }) => searchParams.get('savedQuery'))).toContain('Slipway: in progress');
    for (const { pathname, searchParams } of links) {
      expect(pathname).toBe('/namespaces/bare/workflows');
      const query = searchParams.get('query') ?? '';
      const { count } = await server.environment.client.workflow.count(query);
      expect(count, query).toBe(0);
    }
    expect(stdout).toContain('Status, Type, SlipwayService, SlipwayEnvironment');
    expect(stdout).toContain("localStorage.setItem('namespace-workflow-table-columns'");
  });
});
