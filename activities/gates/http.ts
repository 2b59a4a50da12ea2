import type { HttpGate } from '../../contract/catalog/gates.ts';
import { isIdentityRefusal, reservedPath } from '../../contract/catalog/targets/index.ts';
import { asText, isSomething, parseJson, valueAt } from '../json.ts';
import { assertionsOf, deviationsOf } from './assertions.ts';
import type { Check, GateFinding, GateContext } from './gate.ts';
import { valuesFor } from './placeholders.ts';
import { alwaysRepeat, ask, maxBodyBytes, NoAnswer, type Answer } from './request.ts';

/** Methods that do the same when they are sent twice (RFC 9110, section 9.2.2). */
const idempotent: readonly HttpGate['method'][] = ['GET', 'HEAD', 'PUT', 'DELETE'];
const maxReasonLength = 1_000;

/**
 * Sends one request and checks its answer. No answer is a fail.
 * A request that writes is sent once: before a repeat it is looked up by its marker, and what is found is adopted. One
 * that cannot be looked up is not repeated.
 */
export const checkHttp: Check<HttpGate> = async (gate, context) => {
  const values = valuesFor(gate.name, context);
  try {
    const before = await lookUp(gate, values, context);
    if (before) return before;
    const answer = await ask(
      gate,
      values,
      context,
      async ({ sent }) => !sent || mayRepeat(gate) || (await isAbsent(gate, values, context)),
    );
    return findingOf(gate, answer, values, context);
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    // It may have arrived in spite of that: then it is there.
    const after = error.sent && gate.lookup ? await lookUp(gate, values, context).catch(() => undefined) : undefined;
    return after ?? { verdict: 'fail', reason: error.message };
  }
};

function mayRepeat({ method, repeatable = false, lookup }: HttpGate): boolean {
  return lookup === undefined && (repeatable || idempotent.includes(method));
}

async function isAbsent(gate: HttpGate, values: Record<string, string>, context: GateContext): Promise<boolean> {
  return gate.lookup !== undefined && (await lookUp(gate, values, context)) === undefined;
}

/** Finds out whether the request was sent before; undefined if it was not. */
async function lookUp(
  gate: HttpGate,
  values: Record<string, string>,
  context: GateContext,
): Promise<GateFinding | undefined> {
  const { lookup, method, path, output } = gate;
  if (lookup === undefined) {
    if (!context.repeated || mayRepeat(gate)) return undefined;
    return {
      verdict: 'inconclusive',
      reason:
        `an earlier attempt may have sent ${method} ${path}, and there is no way to check: ` +
        'give the check a lookup, or declare it repeatable',
    };
  }
  const answer = await ask(
    { ...gate, method: 'GET', path: lookup.path, body: undefined },
    values,
    context,
    alwaysRepeat,
  );
  if (answer.status === 404) return undefined;
  if (answer.status !== 200)
    return { verdict: 'fail', reason: `GET ${lookup.path}, which looks for what was sent, answered ${answer.status}` };
  const value = valueAt(parseJson(answer.text), lookup.pointer);
  if (!isSomething(value)) return undefined;
  const text = asText(value);
  return {
    verdict: 'pass',
    reason: `${method} ${path} was sent before: found by its marker, so not sent again`,
    ...(output && text !== undefined && { outputs: { [output.as]: text } }),
  };
}

function findingOf(gate: HttpGate, answer: Answer, values: Record<string, string>, context: GateContext): GateFinding {
  const { method, path, output } = gate;
  const deviations = answerDeviations(gate, answer, values, context);
  if (deviations.length > 0) return { verdict: 'fail', reason: deviations.join('; ').slice(0, maxReasonLength) };
  const reason = `${method} ${path} answered ${answer.status}`;
  if (!output) return { verdict: 'pass', reason };
  const value = asText(valueAt(parseJson(answer.text), output.pointer));
  if (value === undefined) return { verdict: 'fail', reason: `${path} has no ${output.as} at ${output.pointer}` };
  return {
    verdict: 'pass',
    reason: `${reason}; ${output.as} is ${context.secrets.redact(value).slice(0, 100)}`,
    outputs: { [output.as]: value },
  };
}

/** Said where the service never saw the request. */
const identityHint =
  'the platform itself refused it, since the service is not public: give the gate the header ' +
  'authorization: {identityToken: true}, and the account of the worker roles/run.invoker on the service';

function answerDeviations(
  { name, method, path, at, status, json, present }: HttpGate,
  answer: Answer,
  values: Record<string, string>,
  { entry, secrets, keep }: GateContext,
): string[] {
  keep?.(name, { file: { name: 'answer', text: answer.text } });
  if (!status.includes(answer.status)) {
    const reserved = answer.status === 404 && at === undefined ? reservedPath(entry.settings.target, path) : null;
    return [
      `${method} ${path} answered ${answer.status}, expected ${status.join(' or ')}`,
      ...(isIdentityRefusal(entry.settings.target, answer) ? [identityHint] : []),
      ...(reserved === null ? [] : [reserved]),
    ];
  }
  if (json === undefined && present === undefined) return [];
  if (answer.cut) return [`${path} answered more than ${maxBodyBytes} bytes, so its content was not read`];
  const document = parseJson(answer.text);
  if (document === undefined) return [`${path} did not answer JSON`];
  const assertions = assertionsOf(document, { json, present }, values, secrets);
  keep?.(name, { assertions });
  return deviationsOf(path, assertions);
}
