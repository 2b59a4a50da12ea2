import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createOpensshSignatures } from '../../activities/openssh/signatures.ts';
import { armored } from '../../contract/statement.ts';

const text = 'slipway approval v1\nchange: c0123456789\n';

/** OpenSSH itself, with keys that are made here. */
describe('signatures by OpenSSH', () => {
  const signatures = createOpensshSignatures();
  let folder: string;
  const publicKeys: Record<string, string> = {};

  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'slipway-keys-'));
    for (const [name, ...kind] of [
      ['ann', '-t', 'ed25519'],
      ['bob', '-t', 'ecdsa'],
      ['dora', '-t', 'rsa', '-b', '2048'],
    ] as const) {
      await execa('ssh-keygen', ['-q', ...kind, '-N', '', '-C', `${name}'s laptop`, '-f', path.join(folder, name)]);
      publicKeys[name] = (await readFile(path.join(folder, `${name}.pub`), 'utf8')).trim();
    }
  });
  afterAll(() => rm(folder, { recursive: true }));

  const key = (name: string) => publicKeys[name] ?? '';
  const sign = async (name: string, what = text, namespace = 'slipway'): Promise<string> =>
    (await execa('ssh-keygen', ['-Y', 'sign', '-n', namespace, '-f', path.join(folder, name)], { input: what })).stdout;

  /** As `ssh-keygen -l` writes it: size, fingerprint, comment, kind. */
  const fingerprint = async (name: string): Promise<string> =>
    (await execa('ssh-keygen', ['-l', '-f', path.join(folder, `${name}.pub`)])).stdout.split(' ')[1] ?? '';

  it.each(['ann', 'bob', 'dora'])('of %s verify, with one key of several', async (name) => {
    expect(
      await signatures.verify({ text, signature: await sign(name), keys: [key('ann'), key('bob'), key('dora')] }),
    ).toEqual({ valid: true, fingerprint: await fingerprint(name) });
  });

  it('verify as they come out of a form', async () => {
    const pasted = (await sign('ann')).split('\n').slice(1, -1).join('');
    expect(await signatures.verify({ text, signature: armored(pasted) ?? '', keys: [key('ann')] })).toEqual({
      valid: true,
      fingerprint: await fingerprint('ann'),
    });
  });

  it('of another key, text, namespace or of nobody do not verify', async () => {
    const signature = await sign('ann');
    const flipped = signature.replace(
      /(.)(\n-----END)/,
      (_all, last: string, end: string) => `${last === 'A' ? 'B' : 'A'}${end}`,
    );
    const middle = Math.floor(signature.length / 2);
    const bytes = `${signature.slice(0, middle)}${signature[middle] === 'x' ? 'y' : 'x'}${signature.slice(middle + 1)}`;
    const cases = {
      bob: { text, signature, keys: [key('bob')] },
      text: { text: text.replace('9', '8'), signature, keys: [key('ann')] },
      namespace: { text, signature: await sign('ann', text, 'git'), keys: [key('ann')] },
      nobody: { text, signature, keys: [] },
      flipped: { text, signature: flipped, keys: [key('ann')] },
      bytes: { text, signature: bytes, keys: [key('ann')] },
      empty: { text, signature: '', keys: [key('ann')] },
    };
    for (const [name, check] of Object.entries(cases))
      expect(await signatures.verify(check), name).toEqual({ valid: false, reason: expect.stringMatching(/\w/) });
  });

  it('leave nothing behind', async () => {
    const left = async () => (await readdir(tmpdir())).filter((name) => name.startsWith('slipway-signature-'));
    const before = await left();
    await signatures.verify({ text, signature: await sign('ann'), keys: [key('ann')] });
    expect(await left()).toEqual(before);
  });

  it('are never taken for good where the tool is missing, too old or does not end', async () => {
    const check = { text, signature: await sign('ann'), keys: [key('ann')] };
    await expect(createOpensshSignatures('/nonexistent/ssh-keygen').verify(check)).rejects.toThrow('install OpenSSH');
    const old = path.join(folder, 'old-ssh-keygen');
    await writeFile(old, '#!/bin/sh\necho "unknown option -- Y" >&2\necho "usage: ssh-keygen" >&2\nexit 1\n', {
      mode: 0o755,
    });
    await expect(createOpensshSignatures(old).verify(check)).rejects.toThrow('8.2 or later');
    const killed = path.join(folder, 'killed-ssh-keygen');
    await writeFile(killed, '#!/bin/sh\nkill -9 $$\n', { mode: 0o755 });
    await expect(createOpensshSignatures(killed).verify(check)).rejects.toThrow('was stopped');
  });
});
