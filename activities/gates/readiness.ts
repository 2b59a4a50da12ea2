import { setTimeout as pause } from 'node:timers/promises';
import type { HttpGate } from '../../contract/catalog/gates.ts';
import type { EnvironmentEntry } from '../../contract/catalog/catalog.ts';
import type { GateContext, GateFinding } from './gate.ts';
import { valuesFor } from './placeholders.ts';
import { NoAnswer, send } from './request.ts';

const pollMs = 1_000;
const tryTimeoutSeconds = 10;

type Readiness = NonNullable<EnvironmentEntry['readiness']>;

/**
 * Waits until the service says that it is ready, before anything judges it: the first requests to a new instance may be
 * slow or refused. It fails when the time is over.
 */
export async function waitUntilReady(readiness: Readiness, context: GateContext): Promise<GateFinding> {
  const { status, withinSeconds, ...rest } = readiness;
  const request = { ...rest, method: 'GET' as HttpGate['method'], timeoutSeconds: tryTimeoutSeconds };
  const values = valuesFor('readiness', context);
  const began = performance.now();
  const passed = () => (performance.now() - began) / 1000;
  for (;;) {
    const seen = await send(request, values, context).catch((error: unknown) => {
      if (!(error instanceof NoAnswer)) throw error;
      return error;
    });
    const said = seen instanceof NoAnswer ? seen.message : `GET ${request.path} answered ${seen.status}`;
    if (!(seen instanceof NoAnswer) && status.includes(seen.status))
      return { verdict: 'pass', reason: `${said} after ${passed().toFixed(1)} s` };
    if (passed() >= withinSeconds)
      return {
        verdict: 'fail',
        reason: `not ready within ${withinSeconds} s: ${said}, expected ${status.join(' or ')}`,
      };
    context.progress({ waitingFor: `the service to be ready: ${said}` });
    await pause(pollMs, undefined, { signal: context.signal });
  }
}
