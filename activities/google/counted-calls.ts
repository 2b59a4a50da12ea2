import { Status } from 'google-gax';
import { activityInfo, activitySignal, sayWaiting } from '../heartbeat.ts';
import { urgencyOfWork } from '../urgency.ts';
import { retryDelayMs } from './call.ts';
import type { CallBudget, Quota } from './call-budget.ts';

/** An activity that does not heartbeat ends by its time limit: it has to say before that what it waited for. */
const marginMs = 3_000;
/** Activities with a longer limit heartbeat: their signal ends the wait. */
const shortLimitMs = 60_000;

/**
 * Makes a call when it is its turn, and again where a rate quota of the platform is used up: such a call has done
 * nothing. Whoever waits says so in its heartbeat.
 */
export async function countedCall<T>(
  budget: CallBudget,
  quota: Quota,
  send: () => Promise<T>,
  given?: AbortSignal,
): Promise<T> {
  const signal = given ?? activitySignal();
  for (;;) {
    await waitForTurn(budget, quota, signal);
    try {
      const answer = await send();
      budget.answered(quota);
      return answer;
    } catch (error) {
      if (!isRateRefusal(error)) throw error;
      budget.rest(quota, retryDelayMs(error));
    }
  }
}

async function waitForTurn(budget: CallBudget, quota: Quota, signal: AbortSignal | undefined): Promise<void> {
  const limit = timeLeftSignal();
  const both = signal && limit ? AbortSignal.any([signal, limit]) : (signal ?? limit);
  const turn = budget.take(quota, urgencyOfWork(), both);
  try {
    await sayWaiting(`the quota of ${describeQuota(quota)}`, turn);
  } catch (error) {
    if (!limit?.aborted || signal?.aborted) throw error;
    const details = `the quota of ${describeQuota(quota)} is used up, and its turn did not come in time`;
    throw Object.assign(new Error(details), { code: Status.RESOURCE_EXHAUSTED, details });
  }
}

/** Ends a little before an activity that does not heartbeat does; undefined for others, and outside of one. */
function timeLeftSignal(): AbortSignal | undefined {
  const info = activityInfo();
  if (!info || info.heartbeatTimeoutMs !== undefined) return undefined;
  const { startToCloseTimeoutMs: limitMs, currentAttemptScheduledTimestampMs: beganAt } = info;
  if (limitMs > shortLimitMs) return undefined;
  return AbortSignal.timeout(Math.max(0, beganAt + limitMs - marginMs - Date.now()));
}

function describeQuota({ what, project, region }: Quota): string {
  return `${what} in ${project}${region === null ? '' : `, ${region}`}`;
}

/**
 * Says whether a refusal is for the number of calls. A message that is too large has the same status, and no end; a
 * quota of something else has another reason. Platform: google.rpc.ErrorInfo.
 */
function isRateRefusal(error: unknown): boolean {
  const { code, message, reason } = (error ?? {}) as { code?: unknown; message?: unknown; reason?: unknown };
  if (code !== Status.RESOURCE_EXHAUSTED || /message larger than max/i.test(String(message))) return false;
  return reason === undefined || reason === 'RATE_LIMIT_EXCEEDED';
}

/** What every generated client has: its calls by their names. */
interface GeneratedClient {
  innerApiCalls: Record<string, unknown>;
}
type ApiCall = (request: NamedRequest, options: { signal?: AbortSignal } | undefined, ...rest: unknown[]) => unknown;

/** Fields of a request that say which resource it is about. */
interface NamedRequest {
  name?: string;
  parent?: string;
  resource?: string;
  projectId?: string;
  resourceNames?: string[];
  service?: { name?: string };
  job?: { name?: string };
}

type Kinds = (method: string) => Pick<Quota, 'kind' | 'what'>;

/** Platform: Cloud Run, quotas and limits, API rate limits: reads and writes of a project in a region. */
export const ofCloudRun: Kinds = (method) =>
  /^(get|list|testIam)/.test(method)
    ? { kind: 'runReadsPerMinute', what: 'reads of Cloud Run' }
    : { kind: 'runWritesPerMinute', what: 'writes of Cloud Run' };

/** Platform: Cloud Logging, quotas and limits, API: reads of a project. */
export const ofLogging: Kinds = () => ({ kind: 'logReadsPerMinute', what: 'reads of the log' });

/** An API whose calls are not counted here. */
export const ofOther =
  (what: string): Kinds =>
  () => ({ kind: 'other', what });

/** Has each call of a client wait for its turn. The client is initialized: only then it has its calls. */
export function countCalls(client: object, budget: CallBudget, kinds: Kinds): void {
  const { innerApiCalls } = client as GeneratedClient;
  for (const [method, original] of Object.entries(innerApiCalls)) {
    const send = original as ApiCall;
    const { kind, what } = kinds(method);
    const counted: ApiCall = (request, options, ...rest) => {
      const quota = { kind, what, ...placeOf(request, kind) };
      const made = async () => send(request, options, ...rest);
      return countedCall(budget, quota, made, options?.signal);
    };
    innerApiCalls[method] = counted;
  }
}

function placeOf(request: NamedRequest, kind: Quota['kind']): Pick<Quota, 'project' | 'region'> {
  const { name, parent, resource, service, job, resourceNames, projectId } = request;
  const named = name ?? service?.name ?? job?.name ?? parent ?? resource ?? resourceNames?.[0] ?? '';
  const [, project = projectId ?? '', region = null] = /^projects\/([^/]+)(?:\/locations\/([^/]+))?/.exec(named) ?? [];
  return { project, region: kind === 'logReadsPerMinute' ? null : region };
}
