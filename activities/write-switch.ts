import type { WriteState, WriteSwitch } from '../contract/catalog/write-switch.ts';
import { finalFailure } from './failure.ts';
import { parseJson, valueAt } from './json.ts';
import type { GateContext, GatePorts, GateSubject } from './gates/gate.ts';
import { withGateContext } from './gates/gate-context.ts';
import { valuesFor } from './gates/placeholders.ts';
import { alwaysRepeat, ask, NoAnswer, type GateRequest } from './gates/request.ts';

export interface SwitchRequest extends Pick<GateSubject, 'entry' | 'artifact' | 'change' | 'attemptKey'> {
  /** The live service; no other host is ever called. */
  url: string;
  to: WriteState;
}

export interface SwitchResult {
  state: WriteState;
  /** True if nothing was sent: an earlier run, or a person, has done it. */
  already: boolean;
}

/**
 * Switches a service's writes off and on, while its schema is repaired by hand (runbook 004, rollback procedure, step
 * 4).
 */
export function createWriteSwitchActivities(ports: GatePorts) {
  return {
    /**
     * Switches and reads back. It reads first, so that a repeat adopts what is there. No answer means unknown, and a
     * refusal is final.
     */
    switchWrites: async ({ url, to, ...subject }: SwitchRequest): Promise<SwitchResult> =>
      withGateContext(
        ports,
        { ...subject, url, revision: null, previous: null, shiftedAt: null, outputs: {} },
        async (context) => {
          const writeSwitch = writeSwitchOf(context);
          if ((await stateOf(writeSwitch, context)) === to) return { state: to, already: true };
          await send(to === 'frozen' ? writeSwitch.freeze : writeSwitch.thaw, context);
          const state = await stateOf(writeSwitch, context);
          if (state !== to)
            throw finalFailure('GateFailed', `the switch was accepted, but writes are ${state} and not ${to}`);
          return { state: to, already: false };
        },
      ),
  };
}

function writeSwitchOf({ entry: { settings, service, environment } }: GateContext): WriteSwitch {
  if (!settings.writeSwitch) throw finalFailure('BadRequest', `${service} declares no writeSwitch for ${environment}`);
  return settings.writeSwitch;
}

async function stateOf({ check }: WriteSwitch, context: GateContext): Promise<WriteState> {
  const { status, text } = await callService({ ...check, method: 'GET', body: undefined }, context);
  const document = status === 200 ? parseJson(text) : undefined;
  const value = valueAt(document, check.pointer);
  if (value === check.frozen) return 'frozen';
  if (value === check.thawed) return 'thawed';
  const shown = context.secrets.redact(JSON.stringify(value) ?? 'nothing').slice(0, 200);
  throw finalFailure(
    'GateFailed',
    `it is unknown whether writes are frozen: ` +
      `GET ${check.path} answered ${status} and has ${shown} at ${check.pointer}`,
  );
}

/** Sends the request, again after any failure: it says which state is wanted, and the state was just read. */
async function send(request: WriteSwitch['freeze'], context: GateContext): Promise<void> {
  const { status } = await callService(request, context);
  if (status < 200 || status > 299)
    throw finalFailure('GateFailed', `${request.method} ${request.path} answered ${status}`);
}

async function callService(request: GateRequest, context: GateContext) {
  try {
    return await ask(request, valuesFor('write-switch', context), context, alwaysRepeat);
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    throw finalFailure('Unknown', context.secrets.redact(error.message));
  }
}
