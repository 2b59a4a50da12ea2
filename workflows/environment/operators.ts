import { freezerOf } from '../../contract/environment.ts';
import {
  adoptPayload,
  breakLockPayload,
  decidePayload,
  freezePayload,
  liftPayload,
  messageNames,
  unfreezePayload,
  type LiftPayload,
} from '../../contract/messages.ts';
import { onMessage, refusal } from '../run/messages.ts';
import { now } from '../run/journal.ts';
import type { AbandonedHolders } from './holders/abandoned.ts';
import type { EnvironmentCatalog } from './catalog.ts';
import type { EnvironmentDrift } from './drift.ts';
import type { EnvironmentFreezes } from './freezes.ts';
import type { LedgerWriter } from './ledger-writer.ts';
import type { EnvironmentParking } from './parking.ts';
import type { EnvironmentRecord } from './record.ts';
import type { EnvironmentState } from './state.ts';

interface Parts {
  record: EnvironmentRecord;
  catalog: EnvironmentCatalog;
  parking: EnvironmentParking;
  freezes: EnvironmentFreezes;
  drift: EnvironmentDrift;
  abandoned: AbandonedHolders;
  ledger: LedgerWriter;
  /** The state, once the environment is open. */
  opened: () => Promise<EnvironmentState>;
}

/** Changes the environment for an operator; answers what to add to the reply. */
type Change = (state: EnvironmentState) => string | void | Promise<string>;

/** Registers the messages of operators. */
export function listenToOperators(parts: Parts): void {
  const { record, catalog, parking, freezes, drift, abandoned } = parts;
  onMessage(
    record,
    {
      name: messageNames.freeze,
      schema: freezePayload,
      description:
        'Nobody may release here: {"by": "you@example.com", "reason": "why", "until": "2026-03-01T18:00:00Z"}',
    },
    ({ by, reason, until, scope }) =>
      operate(parts, by, `frozen by ${freezerOf({ by, scope })}: ${reason}`, (state) =>
        freezes.freeze(state, { by, reason, since: now(), until: until ?? null, ...(scope && { scope }) }),
      ),
  );
  onMessage(
    record,
    {
      name: messageNames.unfreeze,
      schema: unfreezePayload,
      description: 'Ends a freeze: {"by": "you@example.com", "reason": "why"}',
    },
    (payload) =>
      operate(parts, payload.by, `unfrozen by ${payload.by}: ${payload.reason}`, (state) =>
        freezes.unfreeze(state, payload),
      ),
  );
  onMessage(
    record,
    {
      name: messageNames.lift,
      schema: liftPayload,
      description:
        'Lifts a hold: {"by": "you@example.com", "reason": "why", "digest": "sha256:…"}; without a digest all holds',
    },
    (payload) =>
      operate(parts, payload.by, `hold lifted by ${payload.by}: ${payload.reason}`, (state) =>
        lift(parts.ledger, state, payload),
      ),
  );
  onMessage(
    record,
    {
      name: messageNames.adopt,
      schema: adoptPayload,
      description: 'Takes what serves for what should, though it drifted: {"by": "you@example.com", "reason": "why"}',
    },
    ({ by, reason }) =>
      operate(parts, by, `drift adopted by ${by} (${reason})`, (state) => drift.adopt(state, by, reason)),
  );
  onMessage(
    record,
    {
      name: messageNames.breakLock,
      schema: breakLockPayload,
      description:
        'Takes the environment from its holder, after a look at the target: {"by": "you@example.com", "reason": "why"}',
    },
    ({ by, reason }) =>
      operate(parts, by, `lock broken by ${by}: ${reason}`, (state) => abandoned.breakLock(state, by, reason)),
  );
  onMessage(
    record,
    {
      name: messageNames.decide,
      schema: decidePayload,
      description: 'Decides what is parked here: {"action": "retry", "by": "you@example.com"}',
    },
    async (payload) => {
      await catalog.requireOperator(payload.by);
      return parking.decide(payload);
    },
  );
}

async function operate(parts: Parts, by: string, done: string, change: Change): Promise<string> {
  const { record, catalog, opened } = parts;
  const state = await opened();
  await catalog.requireOperator(by);
  const answer = `${done}${(await record.makeWhole(() => change(state))) ?? ''}`;
  record.note(answer);
  record.publish(state);
  return answer;
}

async function lift(ledger: LedgerWriter, state: EnvironmentState, payload: LiftPayload): Promise<string> {
  const { by, reason, digest } = payload;
  const lifted = state.holds.filter((one) => digest === undefined || one.digest === digest);
  if (lifted.length === 0)
    throw refusal(digest === undefined ? 'nothing is on hold here' : `${digest} is not on hold here`);
  state.holds = state.holds.filter((one) => !lifted.includes(one));
  let unwritten = '';
  for (const one of lifted) {
    // A ledger that cannot be written is tried for minutes: once is enough to say so.
    if (unwritten) break;
    const { change, commit, digest: held } = one;
    const draft = { kind: 'lift' as const, outcome: 'hold lifted', change, commit, digest: held, by, reason };
    unwritten = await ledger.tryWrite(state, draft);
  }
  return unwritten;
}
