import type { SwitchCheck, SwitchRequest, SwitchValue } from '../contract/catalog/service-switch.ts';
import { finalFailure } from './failure.ts';
import type { GateContext, GatePorts, GateSubject } from './gates/gate.ts';
import { withGateContext } from './gates/gate-context.ts';
import { valuesFor } from './gates/placeholders.ts';
import { alwaysRepeat, ask, NoAnswer, type GateRequest } from './gates/request.ts';
import { parseJson, valueAt } from './json.ts';

/** A switch that a service has itself, with the request and the value of each state. */
export interface ServiceSwitch<State extends string> {
  /** Names it in messages, such as `writes`. */
  what: string;
  /** Names it in the marker of its requests. */
  marker: string;
  requests: Record<State, SwitchRequest>;
  check: SwitchCheck;
  values: Record<State, SwitchValue>;
}

export interface SwitchSubject extends Pick<GateSubject, 'entry' | 'artifact' | 'change' | 'attemptKey'> {
  /** The live service; no other host is ever called. */
  url: string;
}

export interface Switched<State extends string> {
  state: State;
  /** True if nothing was sent: an earlier run, or a person, has done it. */
  already: boolean;
}

/**
 * Switches and reads back. It reads first, so that a repeat adopts what is there. No answer is `Unknown`, and a
 * refusal is `GateFailed`.
 */
export async function throwSwitch<State extends string>(
  ports: GatePorts,
  declared: ServiceSwitch<State>,
  { to, ...subject }: SwitchSubject & { to: State },
): Promise<Switched<State>> {
  const unused = { revision: null, previous: null, shiftedAt: null, outputs: {} };
  return withGateContext(ports, { ...subject, ...unused }, async (context) => {
    if ((await stateOf(declared, context)) === to) return { state: to, already: true };
    await send(declared, to, context);
    const state = await stateOf(declared, context);
    if (state !== to)
      throw finalFailure('GateFailed', `the switch was accepted, but ${declared.what} are ${state} and not ${to}`);
    return { state, already: false };
  });
}

async function stateOf<State extends string>(
  { what, marker, check, values }: ServiceSwitch<State>,
  context: GateContext,
): Promise<State> {
  const { status, text } = await callService(marker, { ...check, method: 'GET', body: undefined }, context);
  const document = status === 200 ? parseJson(text) : undefined;
  const value = valueAt(document, check.pointer);
  const states = Object.keys(values) as State[];
  const state = states.find((one) => values[one] === value);
  if (state !== undefined) return state;
  const shown = context.secrets.redact(JSON.stringify(value) ?? 'nothing').slice(0, 200);
  throw finalFailure(
    'GateFailed',
    `it is unknown whether ${what} are ${states[0]}: ` +
      `GET ${check.path} answered ${status} and has ${shown} at ${check.pointer}`,
  );
}

/** Sends the request, again after any failure: it says which state is wanted, and the state was just read. */
async function send<State extends string>(
  { marker, requests }: ServiceSwitch<State>,
  to: State,
  context: GateContext,
): Promise<void> {
  const request = requests[to];
  const { status } = await callService(marker, request, context);
  if (status < 200 || status > 299)
    throw finalFailure('GateFailed', `${request.method} ${request.path} answered ${status}`);
}

async function callService(marker: string, request: GateRequest, context: GateContext) {
  try {
    return await ask(request, valuesFor(marker, context), context, alwaysRepeat);
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    throw finalFailure('Unknown', context.secrets.redact(error.message));
  }
}
