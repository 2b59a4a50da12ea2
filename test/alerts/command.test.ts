import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { request } from 'node:http';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createEnvironmentLookUp } from '../../client/requests/environment-look-up.ts';
import { sandboxPlaces, writeSandbox } from '../../sandbox/description.ts';
import { identifySelf } from '../../sandbox/process-identity.ts';
import { freePort } from '../sandbox/postgres.ts';
import { eventually } from '../until.ts';
import { createFolder, post, spawnReceiver, startReceiver, token, type Folder } from './receiver-process.ts';
import { alertOf, bodyOf } from './webhook.ts';

/** Nobody listens there: what these tests are about needs no Temporal. */
const nowhere = '127.0.0.1:1';

describe('./slipway alerts, as a command', () => {
  let folder: Folder;
  beforeAll(async () => {
    folder = await createFolder();
  });
  afterAll(async () => folder.remove());

  const ended = async (words: string[], environment: Record<string, string> = {}) => {
    const { exitCode, stdout, stderr } = await spawnReceiver(['--catalog', folder.catalog, ...words], {
      TEMPORAL_ADDRESS: nowhere,
      ...environment,
    });
    return { exitCode, output: `${stdout}${stderr}` };
  };

  it.each([
    [['--token-file', ''], 2, 'cannot be read: EISDIR'],
    [['--token-file', '/nonexistent/token'], 2, '/nonexistent/token cannot be read: ENOENT'],
    [['--port', '70000'], 2, 'must be a number from 0 to 65535'],
    [['--alertmanager', 'alertmanager:9093'], 2, 'must be an http or https URL'],
    [['--catalog', '/nonexistent'], 5, '/nonexistent cannot be read: ENOENT'],
  ])('says what is wrong, and does not start: %j', async (words, exitCode, message) => {
    const answer = await ended(words, { SLIPWAY_ALERTS_TOKEN: token });
    expect(answer).toEqual({ exitCode, output: expect.stringContaining(message) });
  });

  it('does not start without a token, and says how to make one', async () => {
    const { exitCode, output } = await ended([]);
    expect(exitCode).toBe(2);
    expect(output).toMatch(/token-file: the token is missing[^]*openssl rand -hex 32/);
  });

  it('says that the port is taken', async () => {
    const first = await startReceiver(folder, nowhere);
    const { port } = new URL(first.url);
    expect(await ended(['--port', port], { SLIPWAY_ALERTS_TOKEN: token })).toEqual({
      exitCode: 1,
      output: expect.stringContaining(`port ${port} of 127.0.0.1 is taken by another process`),
    });
    await first.kill('SIGTERM');
  });

  it.each(['SIGTERM', 'SIGINT'] as const)(
    'finishes what is under way at %s, and takes nothing more',
    async (signal) => {
      const receiver = await startReceiver(folder, nowhere, '--json');
      const posting = request(receiver.url, {
        method: 'POST',
        headers: { authorization: `Bearer ${token}`, 'content-type': 'application/json' },
      });
      const answer = once(posting, 'response') as Promise<[{ statusCode: number; resume(): void }]>;
      posting.write('{"alerts":');
      // It has begun to read once it answers a later connection.
      await eventually('connected', async () => posting.socket?.readyState === 'open' && (await receiver.health()));
      const end = receiver.kill(signal);
      await eventually('listens no more', async () =>
        receiver.health().then(
          () => false,
          () => true,
        ),
      );
      posting.end('[]}');
      const [response] = await answer;
      response.resume();
      expect(response.statusCode).toBe(200);
      const { exitCode, stdout } = await end;
      expect(exitCode).toBe(0);
      const events = stdout.split('\n').map((line) => (JSON.parse(line) as { event: string }).event);
      expect(events[0]).toBe('listening');
    },
  );

  it('takes port, token and Alertmanager from the sandbox whose Temporal it uses', async () => {
    const port = await freePort();
    const dir = await mkdtemp(path.join(tmpdir(), 'slipway-sandbox-'));
    const { pid } = process;
    const supervisor = await identifySelf();
    await writeSandbox(sandboxPlaces(dir).description, {
      dir,
      supervisor,
      temporal: { address: nowhere, namespace: 'default', ui: 'http://127.0.0.1:1', cli: '/nonexistent', pid },
      alertmanager: {
        url: 'http://127.0.0.1:1',
        webhook: `http://127.0.0.1:${port}/v1/alerts`,
        tokenFile: folder.tokenFile,
        pid,
      },
    });
    const child = spawnReceiver(['--catalog', folder.catalog, '--dir', dir], {});
    const url = `http://127.0.0.1:${port}/v1/alerts`;
    const answer = await eventually('it listens', async () =>
      post(url, bodyOf([], { truncatedAlerts: 1 })).catch(() => undefined),
    );
    expect(answer).toMatchObject({ status: 503, body: { error: expect.stringContaining('does not complete it') } });
    child.kill('SIGTERM');
    expect((await child).exitCode).toBe(0);
    await rm(dir, { recursive: true });
  });

  it('runs on while Temporal is away, and says so', async () => {
    const receiver = await startReceiver(folder, nowhere);
    expect((await receiver.post(bodyOf([alertOf('Away')]))).status).toBe(503);
    await eventually('said', async () => receiver.printed().includes(`cannot reach Temporal at ${nowhere} yet`));
    expect(receiver.printed()).toContain('answered 503: Temporal');
    expect((await receiver.kill('SIGTERM')).exitCode).toBe(0);
  });
});

describe('the catalog of a receiver', () => {
  let folder: Folder;
  beforeEach(async () => {
    folder = await createFolder();
  });
  afterEach(async () => folder.remove());
  const lookUp = async () => createEnvironmentLookUp(folder.catalog, { dir: undefined, environment: {} })();

  it('knows its environments, one that cannot be used here too', async () => {
    const look = await lookUp();
    const answers = ['production', 'elsewhere', 'staging', 'constructor'].map((environment) =>
      look({ service: 'shop', environment }),
    );
    expect(answers).toEqual(['known', 'known', 'unknown', 'unknown']);
    expect(look({ service: 'bar', environment: 'production' })).toBe('unknown');
  });

  it('cannot tell of other services while one of its files cannot be read, or while it is empty', async () => {
    await writeFile(path.join(folder.catalog, 'bar.yaml'), 'service: bar\nenvironments: {');
    const look = await lookUp();
    expect(look({ service: 'bar', environment: 'production' })).toBe('undecided');
    expect(look({ service: 'shop', environment: 'production' })).toBe('known');
    await Promise.all(['bar', 'shop'].map(async (name) => rm(path.join(folder.catalog, `${name}.yaml`))));
    expect((await lookUp())({ service: 'shop', environment: 'production' })).toBe('undecided');
  });
});
