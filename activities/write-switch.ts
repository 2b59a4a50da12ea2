import type { WriteState, WriteSwitch } from '../contract/catalog/write-switch.ts';
import { finalFailure } from './failure.ts';
import { parseJson, valueAt } from './gates/json.ts';
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
  /** It was so before anything was sent: an earlier run, or a person, has done it. */
  already: boolean;
}

/**
 * The declared switch that makes a service refuse what writes, while its schema is repaired by hand (runbook 004,
 * rollback procedure, step 4).
 */
export function createWriteSwitchActivities(ports: GatePorts) {
  return {
    /**
     * Switches and reads back. Looks first, so that a repeat adopts what is there; no answer is no knowledge, and a
     * no is final.
     */
    switchWrites: async ({ url, to, ...subject }: SwitchRequest): Promise<SwitchResult> =>
      withGateContext(
        ports,
        { ...subject, url, revision: null, previous: null, shiftedAt: null, outputs: {} },
        async (context) => {
          const declared = writeSwitchOf(context);
          if ((await stateOf(declared, context)) === to) return { state: to, already: true };
          await send(to === 'frozen' ? declared.freeze : declared.thaw, context);
          const state = await stateOf(declared, context);
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
  const { status, text } = await call({ ...check, method: 'GET', body: undefined }, context);
  const document = status === 200 ? parseJson(text) : undefined;
  const found = valueAt(document, check.pointer);
  if (found === check.frozen) return 'frozen';
  if (found === check.thawed) return 'thawed';
  throw finalFailure(
    'GateFailed',
    `nobody can tell whether writes are frozen: GET ${check.path} answered ${status} and has ${context.secrets.redact(JSON.stringify(found) ?? 'nothing').slice(0, 200)} at ${check.pointer}`,
  );
}

/** Sent again after whatever went wrong: it says which state is wanted, and the state was just read. */
async function send(request: WriteSwitch['freeze'], context: GateContext): Promise<void> {
  const { status } = await call(request, context);
  if (status < 200 || status > 299)
    throw finalFailure('GateFailed', `${request.method} ${request.path} answered ${status}`);
}

async function call(asked: GateRequest, context: GateContext) {
  try {
    return await ask(asked, valuesFor('write-switch', context), context, alwaysRepeat);
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    throw finalFailure('Unknown', context.secrets.redact(error.message));
  }
}
