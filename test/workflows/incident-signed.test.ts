import { describe, expect, it } from 'vitest';
import type { IncidentStatus } from '../../contract/incident/status.ts';
import { incidentSubjectOf, type SignedIncidentMessage } from '../../contract/message-subject.ts';
import { messageStatement, type MessageStatement } from '../../contract/statement.ts';
import type { ChangeStatus } from '../../contract/status.ts';
import { keys } from '../approvals/keys.ts';
import {
  episodeOf,
  fire,
  openByAlert,
  openIncident,
  refusalOf,
  say,
  statusOfIncident,
  tellAlerts,
  untilIncident,
  untilTriaged,
  type IncidentHandle,
} from './incident-runs.ts';
import { until, type ChangeHandle } from './harness.ts';
import { timelineOf } from './runs.ts';
import { people, signed, signers } from './signing.ts';
import { openHarness } from './stage.ts';
import { commits, fakeSignature, owner, World } from './world.ts';

const harness = openHarness();
const signedWorld = () => new World({ approvals: signed }, people);

/** What a responder says, with their signature over what it would undo now. */
async function signedBy(
  run: IncidentHandle,
  message: SignedIncidentMessage,
  said: object,
  changes: Partial<MessageStatement> = {},
  key = signers.find(({ by }) => by === owner)?.key ?? '',
): Promise<object> {
  const status: IncidentStatus = await statusOfIncident(run);
  const about = incidentSubjectOf(message, status, said) ?? '';
  const statement = {
    ...{ temporal: status.signing?.temporal ?? '', workflowId: run.workflowId, message, about },
    ...{ says: { ...said }, by: owner, ...changes },
  };
  return { ...said, signature: fakeSignature(messageStatement(statement), key) };
}

const situations: [SignedIncidentMessage, object][] = [
  ['classify', { severity: 'SEV-3' }],
  ['mitigate', { action: 'restart' }],
  ['resolve', { falseAlarm: true }],
];

describe('messages to an incident, where approvals are signed', () => {
  it.each(situations)('%s counts only with a signature over what it would undo or begin', async (message, said) => {
    const world = signedWorld();
    await harness.with(world, async (start) => {
      const run = await openIncident(start, world);
      await untilTriaged(run);
      expect(await refusalOf(say(run, message, said))).toContain(`${message} is not signed`);
      const wrong: [object, string][] = [
        [await signedBy(run, message, said, { about: 'end of incident 0' }), 'another matter'],
        [await signedBy(run, message, said, { workflowId: 'incident/other/staging/x' }), 'another incident'],
        [await signedBy(run, message, said, { temporal: 'elsewhere/1' }), 'another installation'],
        [await signedBy(run, message, said, { says: { note: 'another word' } }), 'another word'],
        [await signedBy(run, message, said, {}, keys.rsa), "another person's key"],
      ];
      for (const [payload, what] of wrong)
        expect(await refusalOf(say(run, message, payload)), what).toContain('the signature is not one of');
      const { severity, mitigations, outcome } = await statusOfIncident(run);
      expect({ severity, mitigations, outcome }).toEqual({ severity: 'SEV-2', mitigations: [], outcome: null });
      const payload = await signedBy(run, message, said);
      expect(await say(run, message, payload)).toContain(', signed with SHA256:');
      if (message === 'resolve') await run.result();
      else await run.terminate('by a test');
    });
  });

  it.each<[string, object, (child: ChangeStatus) => boolean]>([
    ['a restart', { action: 'restart' }, ({ outcome }) => outcome !== null],
    ['a deploy', { action: 'deploy', commit: commits.good }, ({ waitingFor }) => waitingFor?.kind === 'approval'],
  ])('%s that was signed as a mitigation counts as asked for by who has signed', async (_what, said, isThere) => {
    const world = signedWorld();
    await harness.with(world, async (start) => {
      const run = await openIncident(start, world);
      await untilTriaged(run);
      await say(run, 'mitigate', await signedBy(run, 'mitigate', said));
      const { mitigations } = await untilIncident(run, 'mitigating', (status) => status.mitigations.length > 0);
      const child: ChangeHandle = harness.client.workflow.getHandle(mitigations[0]?.workflowId ?? '');
      const status = await until(child, (seen) => seen.outcome !== null || isThere(seen));
      expect(status).toMatchObject({ requestedBy: owner });
      expect(status.outcome ?? '').not.toContain('signed request');
      expect(isThere(status)).toBe(true);
      if (status.outcome === null) await child.terminate('by a test');
      await run.terminate('by a test');
    });
  });

  it('a mitigation is signed over what it begins: another proposal makes it another matter', () => {
    const status = { incident: 'i1', severity: 'SEV-2' as const, classifiedAt: null, proposal: null };
    const to = (goal: string): IncidentStatus['proposal'] => ({
      what: '',
      command: '',
      mitigation: { action: 'rollback', to: goal },
    });
    const about = (proposal: IncidentStatus['proposal'], said = {}) =>
      incidentSubjectOf('mitigate', { ...status, proposal }, said);
    expect(about(to('c00000000001'))).toBe('mitigation of incident i1: rollback to c00000000001, signed message 1');
    expect(about(to('c00000000002'))).not.toBe(about(to('c00000000001')));
    expect(about(null, { action: 'deploy', commit: commits.good })).toContain(`deploy of ${commits.good}`);
  });

  it('a signature counts once: what it was about is gone', async () => {
    const world = signedWorld();
    await harness.with(world, async (start) => {
      const run = await openIncident(start, world);
      await untilTriaged(run);
      const payload = await signedBy(run, 'classify', { severity: 'SEV-3' });
      await say(run, 'classify', payload);
      await say(run, 'classify', { severity: 'SEV-2' });
      expect(await refusalOf(say(run, 'classify', payload))).toContain('the signature is not one of');
      expect((await statusOfIncident(run)).severity).toBe('SEV-2');
      await run.terminate('by a test');
    });
  });

  it('what has ended nothing ends nothing later, whoever sends it again', async () => {
    const settings = { approvals: signed, incidents: { quietMinutes: 0.05 } };
    const world = new World(settings as unknown as ConstructorParameters<typeof World>[0], people);
    await harness.with(world, async (start) => {
      const [first, other] = [episodeOf(), episodeOf({ fingerprint: 'a2' })];
      fire(world, first);
      const run = await openByAlert(start, world, first);
      await untilTriaged(run);
      const payload = await signedBy(run, 'resolve', {});
      await say(run, 'resolve', payload);
      await untilIncident(run, 'verifying', ({ phase }) => phase === 'verifying');
      fire(world, first, other);
      await tellAlerts(run, other);
      await untilIncident(run, 'open again', ({ phase }) => phase === 'responding');
      expect(await refusalOf(say(run, 'resolve', payload))).toContain('the signature is not one of');
      await run.terminate('by a test');
    });
  });

  it('a word that only stops others, or only tells, needs none: a false one is harmless', async () => {
    const world = signedWorld();
    await harness.with(world, async (start) => {
      const run = await openIncident(start, world);
      await untilTriaged(run);
      await say(run, 'classify', { severity: 'SEV-1', category: 'unknown' });
      await say(run, 'acknowledge');
      await say(run, 'note', { text: 'the pods are gone' });
      expect(await statusOfIncident(run)).toMatchObject({ severity: 'SEV-1', acknowledged: { by: owner } });
      expect((await timelineOf(run as never)).join('\n')).not.toContain('signed with');
      await run.terminate('by a test');
    });
  });

  it('nothing that has to be signed counts while the catalog cannot be read', async () => {
    const world = signedWorld();
    await harness.with(world, async (start) => {
      const run = await openIncident(start, world);
      await untilTriaged(run);
      const payload = await signedBy(run, 'resolve', { falseAlarm: true });
      world.catalogIsBroken = true;
      expect(await refusalOf(say(run, 'resolve', payload))).toContain('it could not be verified');
      expect((await statusOfIncident(run)).outcome).toBeNull();
      await run.terminate('by a test');
    });
  });
});
