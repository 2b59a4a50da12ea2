import { setTimeout as pause } from 'node:timers/promises';
import type { RunOutputGate } from '../../contract/catalog/gates.ts';
import { parseJson } from '../json.ts';
import type { GateFinding, GateContext } from './gate.ts';
import { valuesFor } from './placeholders.ts';
import { alwaysRepeat, ask, NoAnswer } from './request.ts';

/** Describes a run that is polled. */
export type FollowedRun = Pick<
  RunOutputGate,
  'name' | 'path' | 'at' | 'hosts' | 'headers' | 'timeoutSeconds' | 'withinSeconds' | 'everySeconds'
>;

/**
 * Polls the run's summary until `judge` has a finding. `last` says that the time is up, and then it must have one. A
 * summary that does not come is a finding, too.
 */
export async function pollRun(
  gate: FollowedRun,
  context: GateContext,
  judge: (summary: unknown, last: boolean) => GateFinding | undefined,
): Promise<GateFinding> {
  const { name, path, withinSeconds, everySeconds } = gate;
  const values = valuesFor(name, context);
  const until = Date.now() + withinSeconds * 1000;
  for (;;) {
    const answer = await ask({ ...gate, method: 'GET' }, values, context, alwaysRepeat).catch((error: unknown) => {
      if (error instanceof NoAnswer) return error;
      throw error;
    });
    if (answer instanceof NoAnswer) return { verdict: 'fail', reason: answer.message };
    if (answer.status !== 200)
      return { verdict: 'fail', reason: `GET ${path} answered ${answer.status}, expected 200` };
    const summary = parseJson(answer.text);
    if (summary === undefined) return { verdict: 'fail', reason: `GET ${path} did not answer JSON` };
    const left = until - Date.now();
    const finding = judge(summary, left <= 0);
    if (finding) return finding;
    context.progress({ gate: name, follows: path, secondsLeft: Math.round(left / 1000) });
    await pause(Math.max(0, Math.min(left, everySeconds * 1000)), undefined, { signal: context.signal });
  }
}
