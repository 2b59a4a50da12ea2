import { setTimeout as pause } from 'node:timers/promises';
import { smokeAgentPrefix, smokeUserAgent } from '../../contract/ids.ts';
import { logCadence, pauseOf } from '../cadence.ts';
import { asPoll } from '../urgency.ts';
import type { GateFinding, GateContext } from './gate.ts';
import { NoAnswer, send, type GateRequest } from './request.ts';

const timeoutSeconds = 10;

/**
 * Calls the live service and waits for that very request in the log. Then all that was written before has arrived, too
 * (ADR 0009).
 */
export async function ownRequestArrives(beganAt: string, context: GateContext): Promise<GateFinding> {
  const { entry, change, attemptKey, ports, progress, signal } = context;
  const { target, bake } = entry.settings;
  const userAgent = smokeUserAgent(change, attemptKey);
  const called = ownRequestOf(context);
  if (!called)
    return { verdict: 'inconclusive', reason: 'no smoke check says where the service could be called for its log' };
  await send(called, {}, context).catch((error: unknown) => {
    if (!(error instanceof NoAnswer)) throw error;
  });
  const query = { since: beganAt, revision: null, userAgent: { is: userAgent }, limit: 1 };
  const look = () => ports.targets[target.kind].requestsServed(target, query);
  const began = Date.now();
  const until = began + bake.logsArriveWithinSeconds * 1000;
  while (Date.now() < until) {
    const found = await asPoll(look);
    if (found === null) return noRequestLog('so nobody can tell whether all entries have arrived');
    if (found > 0) return { verdict: 'pass', reason: 'our own request was found in the log' };
    progress({ waitingFor: 'our own request in the log', userAgent });
    await pause(pauseOf(logCadence, Date.now() - began), undefined, { signal });
  }
  return {
    verdict: 'inconclusive',
    reason:
      `our own request did not appear in the log within ${bake.logsArriveWithinSeconds} s, ` +
      'so an empty log proves nothing',
  };
}

/**
 * Finds a request that reads: by the service's own address, or where it has none by that of a check. Null if there is
 * no address at all.
 */
function ownRequestOf({ entry, url }: GateContext): GateRequest | null {
  const reads = entry.settings.smoke.filter((check) => check.method === 'GET' && !check.path.includes('{'));
  const found = reads.find(({ at }) => (at === undefined) === (url !== ''));
  if (found) return { method: 'GET', path: found.path, at: found.at, hosts: found.hosts, timeoutSeconds };
  return url === '' ? null : { method: 'GET', path: '/', timeoutSeconds };
}

/** Checks that users were served. A revision that nobody used has not been tried (ADR 0009). */
export async function usersWereServed({ entry, revision, shiftedAt, ports }: GateContext): Promise<GateFinding> {
  const { target, bake } = entry.settings;
  if (bake.minRequests === 0) return { verdict: 'pass', reason: 'no requests are required' };
  if (revision === null || shiftedAt === null)
    return { verdict: 'inconclusive', reason: 'the revision takes no live traffic yet' };
  const seen = await ports.targets[target.kind].requestsServed(target, {
    since: shiftedAt,
    revision,
    userAgent: { lacks: smokeAgentPrefix },
    limit: bake.minRequests,
  });
  if (seen === null) return noRequestLog('so nobody can tell whether users were served');
  if (seen >= bake.minRequests)
    return { verdict: 'pass', reason: `${seen} or more requests of users were served by ${revision}` };
  return {
    verdict: 'inconclusive',
    reason: `${revision} served ${seen} requests of users, at least ${bake.minRequests} are required`,
  };
}

/** Says that the platform cannot tell, which is no pass (invariant I10). */
function noRequestLog(consequence: string): GateFinding {
  return { verdict: 'inconclusive', reason: `the platform keeps no request log, ${consequence}` };
}
