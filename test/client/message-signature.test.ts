import { mkdtemp, readFile, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createOpensshSignatures } from '../../activities/openssh/signatures.ts';
import type { SlipwayClient } from '../../client/api/slipway-client.ts';
import { exitCodes } from '../../client/cli/exit-codes.ts';
import type { Session } from '../../client/cli/session.ts';
import {
  decisionToSign,
  signForEnvironment,
  signForIncident,
  signMessage,
} from '../../client/requests/message-signature.ts';
import type { DecidePayload } from '../../contract/messages.ts';
import type { WaitingFor } from '../../contract/status.ts';
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
  ({ installation: async () => temporal, environment: async () => shown }) as unknown as SlipwayClient;

describe('a decision', () => {
  const since = '2026-03-01T18:00:00.000Z';
  const about = `bake, parked, since ${since}`;
  const signing = { temporal, about, actions: ['skip' as const], signers: [{ by: '', key: '' }] };
  const waiting = (more: object = {}): WaitingFor => ({
    ...{ kind: 'operator', what: 'a decision about bake: no traffic', since, until: null, who: [], commands: [] },
    signing: { ...signing, signers: [{ by, key }] },
    ...more,
  });

  it('is signed where the run asks for that, under the id of the run that asks', async () => {
    const says: DecidePayload = { action: 'skip', by, note: 'seen' };
    const what = 'staging: a decision about bake: no traffic';
    const message = decisionToSign('release-1', waiting({ kind: 'child', what, child: 'release-1/staging' }), 'skip');
    if (!message) throw new Error('it has to be signed');
    const { signature } = await signMessage(session(), showing({}), message, says, file);
    const statement = {
      ...{ temporal, workflowId: 'release-1/staging', message: 'decide', about, by },
      says: { ...says },
    };
    expect(await verify(messageStatement(statement), signature)).toBe(true);
    expect(await verify(messageStatement({ ...statement, workflowId: 'release-1' }), signature)).toBe(false);
    expect(notes.at(-1)).toContain(`signing as ${by}: decide, ${about}, of release-1/staging`);
  });

  it('that is believed is not signed', () => {
    expect(decisionToSign('deploy-1', waiting(), 'retry')).toBeNull();
  });

  it('about an environment itself is signed', () => {
    const parked = { ...signing, about: `the environment, parked, since ${since}` };
    const what = 'a decision about the holder: it does not answer';
    expect(decisionToSign('environment/agento/production', waiting({ what, signing: parked }), 'skip')).toMatchObject({
      about: parked.about,
    });
  });

  it.each([
    ['another run than was named', { child: 'deploy-production-1' }, 'asked for deploy-production-1'],
    [
      'another step than is shown',
      { signing: { ...signing, about: `migrate, parked, since ${since}` } },
      'for migrate',
    ],
    ['another time than is shown', { since: '2026-03-01T19:00:00.000Z' }, `for ${about}`],
    ['something else', { signing: { ...signing, about: 'hold of sha256:b' } }, 'for hold of sha256:b'],
  ])('is refused for %s: nothing is signed', (_what, lie, reason) => {
    const refusal = { exitCode: exitCodes.refused, message: expect.stringContaining(`${reason}`) };
    expect(() => decisionToSign('deploy-1', waiting(lie), 'skip')).toThrow(
      expect.objectContaining({ ...refusal, message: expect.stringMatching(/nothing was signed$/) }),
    );
    expect(() => decisionToSign('deploy-1', waiting(lie), 'skip')).toThrow(expect.objectContaining(refusal));
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

  it('is not signed for another installation, where it would count', async () => {
    const shown = { ...state, signing: { temporal: 'default/another', signers: [{ by, key }] } };
    const target = { name, message: 'unfreeze' as const, file };
    notes.length = 0;
    const sent = signForEnvironment(session(), showing(shown), target, { by, reason: 'it is over' });
    await expect(sent).rejects.toMatchObject({
      exitCode: exitCodes.refused,
      message: expect.stringMatching(/namespace default\/1f0c, but .* default\/another: nothing was signed/),
    });
    expect(notes).toEqual([]);
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

describe('a message to an incident', () => {
  const run = 'incident/agento/production/no-run-starts';
  const shown = { incident: 'i1', severity: 'SEV-2', classifiedAt: null, mitigations: [], stale: false };
  const asked = { ...shown, signing: { temporal, signers: [{ by, key }] } };
  const slipway = (status: object) =>
    ({ installation: async () => temporal, status: async () => status }) as unknown as SlipwayClient;

  it.each([
    ['classify', { by, severity: 'SEV-3' }, 'SEV-2 of incident i1, as it was opened'],
    [
      'mitigate',
      { by, action: 'rollback' },
      'mitigation of incident i1: rollback to what was verified before, signed message 1',
    ],
    ['resolve', { by, falseAlarm: true }, 'end of incident i1, signed message 1'],
  ] as const)('%s is signed over what it would undo or begin', async (message, says, about) => {
    const sent = await signForIncident(session(), slipway(asked), { run, message, file }, says);
    const statement = { temporal, workflowId: run, message, about, says: { ...says }, by };
    expect(await verify(messageStatement(statement), (sent as { signature?: string }).signature)).toBe(true);
  });

  it.each([
    ['only stops others', asked, 'classify', { by, severity: 'SEV-1' }],
    ['only tells', asked, 'acknowledge', { by }],
    ['is believed there', shown, 'resolve', { by }],
  ] as const)('that %s is not signed', async (_what, status, message, says) => {
    expect(await signForIncident(session(), slipway(status), { run, message, file }, says)).toEqual(says);
  });
});
