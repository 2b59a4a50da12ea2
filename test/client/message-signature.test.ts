import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createOpensshSignatures } from '../../activities/openssh/signatures.ts';
import type { SlipwayClient } from '../../client/api/slipway-client.ts';
import type { Session } from '../../client/cli/session.ts';
import { signDecision, signForEnvironment } from '../../client/requests/message-signature.ts';
import { armored, messageStatement } from '../../contract/statement.ts';

const by = 'release-owner@example.com';
const temporal = 'default/1f0c';
let folder: string;
let file: string;
let key: string;

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'slipway-messages-'));
  file = path.join(folder, 'key');
  await execa('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', file]);
  key = (await readFile(`${file}.pub`, 'utf8')).trim();
});
afterAll(() => rm(folder, { recursive: true }));

const notes: string[] = [];
const session = () =>
  ({
    environment: process.env,
    dir: folder,
    output: { note: (line: string) => notes.push(line) },
  }) as unknown as Session;
const verify = async (text: string, signature = '') =>
  (await createOpensshSignatures().verify({ text, signature: armored(signature) ?? '', keys: [key] })).valid;

/** A client whose run, or whose environment, shows this. */
const showing = (shown: object) =>
  ({ status: async () => shown, environment: async () => shown }) as unknown as SlipwayClient;

describe('a decision', () => {
  const about = 'bake, parked, since 2026-03-01T18:00:00.000Z';
  const waiting = (more: object = {}) =>
    showing({ waitingFor: { signing: { temporal, about, actions: ['skip'], signers: [{ by, key }] }, ...more } });

  it('is signed where the run asks for that, under the id of the run that asks', async () => {
    const says = { action: 'skip', by, note: 'seen' } as const;
    const { signature } = await signDecision(
      session(),
      waiting({ child: 'release-1/staging' }),
      'release-1',
      says,
      file,
    );
    const statement = { temporal, workflowId: 'release-1/staging', message: 'decide', about, says, by };
    expect(await verify(messageStatement(statement), signature)).toBe(true);
    expect(await verify(messageStatement({ ...statement, workflowId: 'release-1' }), signature)).toBe(false);
    expect(notes.at(-1)).toContain(`signing as ${by}: decide, ${about}, of release-1/staging`);
  });

  it('that is believed is sent as it is', async () => {
    expect(await signDecision(session(), waiting(), 'deploy-1', { action: 'retry', by }, file)).toEqual({
      action: 'retry',
      by,
    });
  });
});

describe('a message to an environment', () => {
  const name = { service: 'agento', environment: 'production' };
  const freeze = { by: 'data-owner@example.com', reason: 'a sale', since: '2026-03-01T18:00:00.000Z', until: null };
  const state = { stale: false, holder: null, freeze, stops: [], holds: [], drift: null };
  const signing = { temporal, signers: [{ by: 'release-owner@example.com', key: '' }] };

  it('is signed over what it would undo', async () => {
    const shown = { ...state, signing: { ...signing, signers: [{ by, key }] } };
    const says = { by, reason: 'it is over' };
    const target = { name, message: 'unfreeze' as const, file };
    const { signature } = await signForEnvironment(session(), showing(shown), target, says);
    const about = 'freeze by data-owner@example.com, since 2026-03-01T18:00:00.000Z';
    const workflowId = 'environment/agento/production';
    const statement = { temporal, workflowId, message: 'unfreeze', about, says, by };
    expect(await verify(messageStatement(statement), signature)).toBe(true);
  });

  it.each([
    ['the environment believes it', state],
    ['there is nothing to undo', { ...state, freeze: null, signing }],
    ['no worker answers', { stale: true }],
  ])('is sent as it is where %s', async (_why, shown) => {
    const says = { by, reason: 'it is over' };
    const target = { name, message: 'unfreeze' as const, file };
    expect(await signForEnvironment(session(), showing(shown), target, says)).toEqual(says);
  });
});
