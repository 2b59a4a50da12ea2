import type { LiveState } from '../../contract/live.ts';
import { finalFailure } from '../failure.ts';
import type { GateContext } from '../gates/gate.ts';
import { ServerClock } from '../server-clock.ts';
import type { LookContext } from './look-kind.ts';

/** Makes the context of a gate about what serves. The marked user agent keeps it from counting as a user's request. */
export function gateContext({ url, serving: [first] }: LiveState, context: LookContext): GateContext {
  const { entry, ports, secrets, signal, incident } = context;
  return {
    entry,
    ports,
    secrets,
    signal,
    clock: new ServerClock(),
    entriesBefore: new Map(),
    artifact: { image: first?.image ?? '', digest: first?.digest ?? '', commit: first?.commit ?? '' },
    change: incident,
    attemptKey: 'triage',
    url,
    revision: first?.revision ?? null,
    previous: null,
    shiftedAt: null,
    outputs: {},
    checkout: async () => {
      throw finalFailure('BadRequest', 'a look checks nothing out');
    },
    repeated: false,
    progress: () => undefined,
  };
}
