import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Browser, Page } from 'playwright-core';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { startCloud, type CloudProcess } from '../emulator/cloud.ts';
import { findChromium, noChromium, openChromium } from './chromium.ts';

const program = findChromium();
const title = "a stranger's page in a browser of a developer";
if (!program) console.warn(`${title} was not tested: ${noChromium}`);

const foreignName = 'attacker.example';

/** A form whose text is JSON. */
const form = (to: string): string =>
  `<form method="post" enctype="text/plain" action="${to}"><button>harmless</button>` +
  `<input type="hidden" name='{"method":"x","kind":"hang","a":"' value='"}'></form>`;

/** The site of a stranger, which keeps what its own page sends to it. */
async function openSite(): Promise<{ server: Server; port: number; received: string[] }> {
  const received: string[] = [];
  const server = createServer((request, response) => {
    if (request.method === 'POST') received.push(request.url ?? '');
    const to = new URL(request.url ?? '', 'http://site.example').searchParams.get('to') ?? '';
    response.writeHead(200, { 'content-type': 'text/html' }).end(`<!doctype html><title>harmless</title>${form(to)}`);
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  return { server, port: (server.address() as AddressInfo).port, received };
}

describe.skipIf(!program)(program ? title : `${title}: ${noChromium}`, () => {
  let cloud: CloudProcess;
  let site: Awaited<ReturnType<typeof openSite>>;
  let browser: Browser;
  let page: Page;

  beforeAll(async () => {
    [cloud, site] = await Promise.all([startCloud(), openSite()]);
    browser = await openChromium(program ?? '', [`--host-resolver-rules=MAP ${foreignName} 127.0.0.1`]);
  }, 120_000);
  beforeEach(async () => {
    page = await browser.newPage();
  });
  afterEach(async () => page.close());
  afterAll(async () => {
    await browser?.close();
    await cloud?.stop();
    site?.server.close();
  });

  /** Sends as any page can to any address, without a preflight: it never sees the answer, and needs none. */
  const post = (url: string, body: unknown): Promise<string> =>
    page.evaluate(
      ([to, text]) =>
        fetch(to, { method: 'POST', mode: 'no-cors', body: text }).then(
          (response) => response.type,
          (error: unknown) => String(error),
        ),
      [url, JSON.stringify(body)] as const,
    );

  it('sends requests to this machine, and none of them starts a program in the sandbox', async () => {
    await page.goto(`http://${foreignName}:${site.port}/`);
    expect(await post(`http://127.0.0.1:${site.port}/proof`, {})).toBe('opaque');
    expect(site.received).toEqual(['/proof']);

    const root = `http://127.0.0.1:${cloud.httpPort}`;
    const containers = [{ image: 'x', command: ['sh', '-c', 'touch /tmp/owned'] }];
    await post(`${root}/sandbox/images`, { reference: 'x', folder: '/' });
    await post(`${root}/sandbox/faults`, { method: 'x', kind: 'hang' });
    await post(`${root}/v2/${cloud.parent}/jobs?jobId=j`, { template: { template: { containers } } });
    await post(`${root}/v2/${cloud.parent}/jobs/j:run`, {});
    expect(cloud.calls()).toEqual([]);
    expect(await cloud.control('GET', 'faults')).toEqual({ faults: [] });
  });

  it('sends a form to this machine, and the sandbox refuses it', async () => {
    await page.goto(`http://${foreignName}:${site.port}/?to=http://127.0.0.1:${cloud.httpPort}/sandbox/faults`);
    const answer = page.waitForResponse((response) => response.url().endsWith('/sandbox/faults'));
    await page.getByRole('button').click();
    expect((await answer).status()).toBe(403);
  });

  it('reads nothing of the sandbox by a name that the stranger lets point here', async () => {
    const answer = await page.goto(`http://${foreignName}:${cloud.httpPort}/sandbox/health`);
    expect(answer?.status()).toBe(421);
    expect(await answer?.text()).not.toContain(cloud.project);
  });
});
