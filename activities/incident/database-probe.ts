import type { DatabaseProbe } from '../../contract/catalog/incidents.ts';
import type { Finding } from '../../contract/verdict.ts';
import { valuesFor } from '../gates/placeholders.ts';
import { alwaysRepeat, ask, NoAnswer } from '../gates/request.ts';
import { parseJson, valueAt } from '../json.ts';
import { gateContext } from './gate-context.ts';
import type { LookContext } from './look-kind.ts';

const requestSeconds = 5;

/** Asks the service what it says of its database. An answer that does not say it is inconclusive. */
export async function askService(
  { path, headers, pointer, is, why }: DatabaseProbe,
  context: LookContext,
): Promise<Finding> {
  const { ports, entry } = context;
  const { target } = entry.settings;
  const live = await ports.targets[target.kind].observe(target);
  if (!live.exists) return { verdict: 'inconclusive', reason: 'there is no service to ask' };
  const gate = gateContext(live, context);
  const request = { method: 'GET' as const, path, timeoutSeconds: requestSeconds, ...(headers && { headers }) };
  const answer = await ask(request, valuesFor('database', gate), gate, alwaysRepeat).catch((error: unknown) => {
    if (error instanceof NoAnswer) return error;
    throw error;
  });
  // The service is away, which says nothing of its database.
  if (answer instanceof NoAnswer) return { verdict: 'inconclusive', reason: answer.message };
  const document = parseJson(answer.text);
  const value = valueAt(document, pointer);
  const what = `GET ${path} answered ${answer.status}`;
  if (value === undefined) return { verdict: 'inconclusive', reason: `${what} without ${pointer}` };
  const shown = `${what}, ${pointer} is ${JSON.stringify(value)}`;
  if (value === is) return { verdict: 'pass', reason: shown };
  const because = why === undefined ? undefined : valueAt(document, why);
  const reason = `${shown}, expected ${JSON.stringify(is)}${typeof because === 'string' ? `: ${because}` : ''}`;
  return { verdict: 'fail', reason };
}
