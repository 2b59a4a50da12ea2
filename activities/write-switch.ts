import type { WriteState, WriteSwitch } from '../contract/catalog/write-switch.ts';
import { finalFailure } from './failure.ts';
import { parsed, valueAt } from './gates/json.ts';
import type { GateContext, GatePorts, Subject } from './gates/gate.ts';
import { look } from './gates/gate-context.ts';
import { valuesFor } from './gates/placeholders.ts';
import { always, ask, NoAnswer, type Asked } from './gates/request.ts';

export interface SwitchRequest extends Pick<Subject, 'entry' | 'artifact' | 'change' | 'round'> {
  /** The live service; no other host is ever called. */
  url: string;
  to: WriteState;
}

export interface Switched {
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
    switchWrites: async ({ url, to, ...subject }: SwitchRequest): Promise<Switched> =>
      look(ports, { ...subject, url, revision: null, shiftedAt: null, kept: {} }, async (context) => {
        const declared = declaredFor(context);
        if ((await stateOf(declared, context)) === to) return { state: to, already: true };
        await send(to === 'frozen' ? declared.freeze : declared.thaw, context);
        const state = await stateOf(declared, context);
        if (state !== to)
          throw finalFailure('GateFailed', `the switch was accepted, but writes are ${state} and not ${to}`);
        return { state: to, already: false };
      }),
  };
}

function declaredFor({ entry: { settings, service, environment } }: GateContext): WriteSwitch {
  if (!settings.writeSwitch) throw finalFailure('BadRequest', `${service} declares no writeSwitch for ${environment}`);
  return settings.writeSwitch;
}

async function stateOf({ check }: WriteSwitch, context: GateContext): Promise<WriteState> {
  const { status, text } = await answered({ ...check, method: 'GET', body: undefined }, context);
  const document = status === 200 ? parsed(text) : undefined;
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
  const { status } = await answered(request, context);
  if (status < 200 || status > 299)
    throw finalFailure('GateFailed', `${request.method} ${request.path} answered ${status}`);
}

async function answered(asked: Asked, context: GateContext) {
  try {
    return await ask(asked, valuesFor('write-switch', context), context, always);
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    throw finalFailure('Unknown', context.secrets.redact(error.message));
  }
}
