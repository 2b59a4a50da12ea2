import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { signText } from '../../client/requests/signing.ts';
import { signatureNamespace } from '../../contract/statement.ts';
import { sandboxPlaces, writeSandbox } from '../../sandbox/description.ts';
import type { SandboxDescription } from '../../sandbox/description.ts';
import { identify } from '../../sandbox/process-identity.ts';
import { createKeys } from '../../sandbox/supervisor/keys.ts';

const by = 'data-owner@example.com';
let dir: string;
let keys: NonNullable<SandboxDescription['keys']>;
beforeAll(async () => {
  dir = await mkdtemp(join(tmpdir(), 'slipway-signing-'));
  const [supervisor, made] = await Promise.all([identify(process.pid), createKeys(dir, () => {})]);
  if (!supervisor || !made) throw new Error('no keys');
  keys = made;
  await writeSandbox(sandboxPlaces(dir).description, { dir, supervisor, keys });
});
afterAll(() => rm(dir, { recursive: true, force: true }));

/** Nobody's agent and nobody's ~/.ssh. */
const session = () => ({ environment: { PATH: process.env['PATH'], HOME: dir }, dir });

const verify = async (text: string, signature: string, key: string): Promise<string> => {
  await Promise.all([
    writeFile(join(dir, 'allowed'), `${by} ${key}\n`),
    writeFile(join(dir, 'text'), text),
    writeFile(join(dir, 'signature'), signature),
  ]);
  const command = `ssh-keygen -Y verify -f allowed -I ${by} -n ${signatureNamespace} -s signature < text`;
  return (await promisify(execFile)('sh', ['-c', command], { cwd: dir })).stdout;
};

describe('signing in a sandbox', () => {
  it('finds the key that the sandbox has made for the person', async () => {
    const key = keys.public[by] ?? '';
    const signature = await signText(session(), 'a statement', { by: 'Data-Owner@Example.com', keys: [key] });
    expect(await verify('a statement', signature, key)).toContain(`Good "${signatureNamespace}" signature for ${by}`);
    await expect(verify('another statement', signature, key)).rejects.toThrow();
  });

  it('does not use it where the catalog has another key of the person', async () => {
    const other = keys.public['api-owner@example.com'] ?? '';
    await expect(signText(session(), 'a statement', { by, keys: [other] })).rejects.toThrow(
      /none of the keys that the catalog has of data-owner@example.com is in the sandbox/,
    );
  });
});
