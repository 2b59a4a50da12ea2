import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, stat, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { loadCatalog } from '../../catalog/load.ts';
import { samplePeople, sandboxVariables, standInVariables } from '../../sandbox/people.ts';
import { createKeys } from '../../sandbox/supervisor/keys.ts';

const run = promisify(execFile);
const catalog = join(import.meta.dirname, '..', '..', 'catalog');
const cloud = { grpc: '127.0.0.1:1', http: 'http://127.0.0.1:1', project: 'p', region: 'r', callLog: '', pid: 1 };

let dir: string;
beforeEach(async () => {
  dir = await mkdtemp(join(tmpdir(), 'slipway-keys-'));
});
afterEach(() => rm(dir, { recursive: true, force: true }));

const kubernetes = {
  server: 'https://127.0.0.1:1',
  kubeconfig: '',
  context: 'admin',
  auditLog: '',
  kubectl: '',
  services: { 'openagents-runtime': 'http://127.0.0.1:1' },
  pid: 1,
};

describe('the keys of a sandbox', () => {
  it('are one for each of its people, private ones for their owner only, and stay', async () => {
    const keys = await createKeys(dir, () => {});
    expect(Object.keys(keys?.public ?? {})).toEqual(samplePeople);
    expect((await stat(join(dir, 'keys', 'release-owner'))).mode & 0o777).toBe(0o600);
    expect(await createKeys(dir, () => {})).toEqual(keys);
  });

  it('sign as the person whose key the catalog lists', async () => {
    const keys = await createKeys(dir, () => {});
    const { services, problems } = await loadCatalog(catalog, sandboxVariables({ cloud, kubernetes, keys }));
    expect(problems).toEqual([]);
    const signer = services.get('agento')?.entry.signers?.find(({ by }) => by === 'data-owner@example.com');
    await writeFile(join(dir, 'allowed'), `data-owner@example.com ${signer?.key ?? ''}\n`);
    await writeFile(join(dir, 'text'), 'a statement');
    await run('ssh-keygen', [
      '-q',
      '-Y',
      'sign',
      '-n',
      'slipway',
      '-f',
      join(dir, 'keys', 'data-owner'),
      join(dir, 'text'),
    ]);
    const verify = promisify(execFile)(
      'sh',
      ['-c', `ssh-keygen -Y verify -f allowed -I data-owner@example.com -n slipway -s text.sig < text`],
      { cwd: dir },
    );
    expect((await verify).stdout).toContain('Good "slipway" signature for data-owner@example.com');
  });

  it('are made anew where an interrupted start has left half of one', async () => {
    await createKeys(dir, () => {});
    const before = await readFile(join(dir, 'keys', 'api-owner'), 'utf8');
    await rm(join(dir, 'keys', 'api-owner.pub'));
    const keys = await createKeys(dir, () => {});
    expect(keys?.public['api-owner@example.com']).toMatch(/^ssh-ed25519 /);
    expect(await readFile(join(dir, 'keys', 'api-owner'), 'utf8')).not.toBe(before);
  });

  it("are nobody's where the tool is not installed, which is said; the catalog can be read all the same", async () => {
    const lines: string[] = [];
    expect(await createKeys(dir, (line) => lines.push(line), join(dir, 'no-such-tool'))).toBeUndefined();
    expect(lines).toEqual([expect.stringMatching(/ssh-keygen is not installed.*openssh-client/)]);
    for (const variables of [sandboxVariables({ cloud, kubernetes }), standInVariables])
      expect((await loadCatalog(catalog, variables)).problems).toEqual([]);
  });
});
