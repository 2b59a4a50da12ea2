import { spawn, type ChildProcess } from 'node:child_process';
import { copyFile, mkdir, mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';
import { createOpensshSignatures } from '../../activities/openssh/signatures.ts';
import { armored } from '../../contract/statement.ts';
import { signText } from '../../client/requests/signing.ts';

const text = 'slipway approval v1\nchange: c0123456789\n';
const by = 'ann@example.com';

/** A person's own keys: in a file, in ~/.ssh, in an agent. */
describe('signing at the command line', () => {
  let folder: string;
  let home: string;
  let agent: ChildProcess | undefined;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'slipway-signing-'));
    for (const name of ['ann', 'other', 'agents'])
      await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', `of ${name}`, '-f', path.join(folder, name)]);
    await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', 'a passphrase', '-f', path.join(folder, 'locked')]);
  });
  beforeEach(async () => {
    home = await mkdtemp(path.join(folder, 'home-'));
    await mkdir(path.join(home, '.ssh'));
  });
  afterAll(async () => {
    agent?.kill();
    await rm(folder, { recursive: true });
  });

  const key = async (name: string) => (await readFile(path.join(folder, `${name}.pub`), 'utf8')).trim();
  const session = (environment: NodeJS.ProcessEnv = {}) => ({
    environment: { PATH: process.env['PATH'], HOME: home, ...environment },
    dir: folder,
  });
  const owns = async (name: string, as: string) => {
    for (const end of ['', '.pub'])
      await copyFile(path.join(folder, `${name}${end}`), path.join(home, '.ssh', `${as}${end}`));
  };
  const fingerprintOf = async (name: string) =>
    (await execa('ssh-keygen', ['-lf', path.join(folder, `${name}.pub`)])).stdout.split(' ')[1];
  const verified = async (signature: string, name: string) =>
    createOpensshSignatures().verify({ text, signature: armored(signature) ?? '', keys: [await key(name)] });

  it('takes the key that is named', async () => {
    const signature = await signText(session(), text, { by, keys: [], file: path.join(folder, 'ann') });
    expect(await verified(signature, 'ann')).toEqual({ valid: true, fingerprint: await fingerprintOf('ann') });
  });

  it('takes the one in ~/.ssh that the catalog has of the person, not just the first', async () => {
    await owns('other', 'id_ed25519');
    await owns('ann', 'id_ecdsa');
    const signature = await signText(session(), text, { by, keys: [await key('ann')] });
    expect(await verified(signature, 'ann')).toEqual({ valid: true, fingerprint: await fingerprintOf('ann') });
  });

  it('takes the one in the agent', async () => {
    const socket = path.join(folder, 'agent.sock');
    agent = spawn('ssh-agent', ['-D', '-a', socket], { stdio: 'ignore' });
    await expect
      .poll(() =>
        stat(socket).then(
          () => true,
          () => false,
        ),
      )
      .toBe(true);
    for (const name of ['other', 'agents'])
      await execa('ssh-add', ['-q', path.join(folder, name)], { env: { SSH_AUTH_SOCK: socket } });
    const signature = await signText(session({ SSH_AUTH_SOCK: socket }), text, {
      by,
      keys: [await key('ann'), await key('agents')],
    });
    expect(await verified(signature, 'agents')).toEqual({ valid: true, fingerprint: await fingerprintOf('agents') });
  });

  it('says what to do when there is none, and never signs with another', async () => {
    await owns('other', 'id_ed25519');
    await expect(signText(session(), text, { by, keys: [await key('ann')] })).rejects.toMatchObject({
      message: expect.stringContaining('none of the keys that the catalog has of ann@example.com'),
      hints: expect.arrayContaining([expect.stringContaining('--key')]),
    });
    await expect(signText(session(), text, { by, keys: [] })).rejects.toMatchObject({
      message: expect.stringContaining('the catalog has no key of ann@example.com'),
    });
  });

  it('says why a key could not sign', async () => {
    await expect(signText(session(), text, { by, keys: [], file: path.join(folder, 'nowhere') })).rejects.toMatchObject(
      { message: expect.stringContaining('could not sign') },
    );
    await expect(
      signText({ environment: { HOME: home, PATH: '/nonexistent' }, dir: folder }, text, {
        by,
        keys: [],
        file: path.join(folder, 'ann'),
      }),
    ).rejects.toMatchObject({ message: expect.stringContaining('ssh-keygen is not installed') });
  });

  it('does not wait for a passphrase where no terminal can ask for it', async () => {
    const failing = signText(session({ SSH_ASKPASS: '/bin/false', SSH_ASKPASS_REQUIRE: 'force' }), text, {
      by,
      keys: [],
      file: path.join(folder, 'locked'),
    });
    await expect(failing).rejects.toMatchObject({
      message: expect.stringContaining('could not sign'),
      hints: expect.arrayContaining([expect.stringContaining('ssh-add')]),
    });
  });
});
