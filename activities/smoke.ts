import { setTimeout as pause } from 'node:timers/promises';
import type { Artifact } from '../contract/artifact.ts';
import type { CatalogEntry, SmokeCheck } from '../contract/catalog.ts';
import { smokeUserAgent } from '../contract/ids.ts';
import { finalFailure } from './failure.ts';
import { withHeartbeat } from './heartbeat.ts';

export interface SmokeRequest {
  entry: CatalogEntry;
  /** Base URL of the candidate or of the live service; no other host is ever called. */
  url: string;
  artifact: Artifact;
  change: string;
  /** Tells one smoke of a change from another in the request log. */
  round: string;
}

export interface CheckResult {
  name: string;
  passed: boolean;
  status: number | null;
  milliseconds: number;
  reason: string;
}

/** A connection may be refused for a moment after a start; an answer, whatever it says, is final. */
const connectionTries = 3;
const largestBodyBytes = 256 * 1024;

/** The HTTP checks of the catalog against one URL (runbook 003, endpoints; runbook 004, procedure, step 4). */
export function createSmokeActivities() {
  return {
    async smoke(request: SmokeRequest): Promise<{ checks: CheckResult[] }> {
      return withHeartbeat(async (progress, signal) => {
        const checks: CheckResult[] = [];
        for (const check of request.entry.place.smoke) {
          progress({ check: check.name, url: request.url });
          checks.push(await runCheck(check, request, signal));
        }
        const failed = checks.filter(({ passed }) => !passed);
        if (failed.length === 0) return { checks };
        throw finalFailure('GateFailed', `smoke of ${request.url} failed: ${failed.map(({ name, reason }) => `${name}: ${reason}`).join('; ')}`, [checks]);
      });
    },
  };
}

async function runCheck(check: SmokeCheck, { url, change, round, artifact }: SmokeRequest, signal: AbortSignal): Promise<CheckResult> {
  const started = performance.now();
  const result = (passed: boolean, status: number | null, reason: string): CheckResult => ({
    name: check.name,
    passed,
    status,
    milliseconds: Math.round(performance.now() - started),
    reason,
  });
  for (let attempt = 1; ; attempt += 1) {
    try {
      const answer = await call(check, url, smokeUserAgent(change, round), artifact, signal);
      const reason = judge(check, answer, artifact);
      return result(reason === '', answer.status, reason || 'passed');
    } catch (error) {
      signal.throwIfAborted();
      if (attempt === connectionTries) return result(false, null, `no answer from ${check.path}: ${causeOf(error)}`);
      await pause(250 * attempt, undefined, { signal });
    }
  }
}

async function call(check: SmokeCheck, base: string, userAgent: string, { commit }: Artifact, signal: AbortSignal) {
  const target = new URL(check.path, base);
  if (target.origin !== new URL(base).origin) throw finalFailure('BadRequest', `smoke check ${check.name} leaves ${base}`);
  const body = check.body === undefined ? null : JSON.stringify(check.body).replaceAll('{commit}', commit);
  const response = await fetch(target, {
    method: check.method,
    redirect: 'manual',
    headers: { 'user-agent': userAgent, ...(body === null ? {} : { 'content-type': 'application/json' }) },
    body,
    signal: AbortSignal.any([signal, AbortSignal.timeout(check.timeoutSeconds * 1000)]),
  });
  return { status: response.status, text: await cappedText(response) };
}

async function cappedText(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    if (text.length > largestBodyBytes) break;
  }
  return text;
}

/** Empty when the answer is as expected. */
function judge(check: SmokeCheck, { status, text }: { status: number; text: string }, { commit }: Artifact): string {
  if (!check.status.includes(status)) return `${check.method} ${check.path} answered ${status}, expected ${check.status.join(' or ')}`;
  const expected = Object.entries(check.json ?? {});
  if (expected.length === 0) return '';
  const document = parsed(text);
  if (document === undefined) return `${check.path} did not answer JSON`;
  return expected
    .map(([pointer, value]) => [pointer, typeof value === 'string' ? value.replaceAll('{commit}', commit) : value, lookUp(document, pointer)] as const)
    .filter(([, value, actual]) => actual !== value)
    .map(([pointer, value, actual]) => `${check.path} has ${JSON.stringify(actual) ?? 'nothing'} at ${pointer}, expected ${JSON.stringify(value)}`)
    .join('; ')
    .slice(0, 1000);
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return undefined;
  }
}

/** RFC 6901: a JSON pointer, its escapes included. */
function lookUp(document: unknown, pointer: string): unknown {
  return pointer
    .split('/')
    .slice(1)
    .map((step) => step.replaceAll('~1', '/').replaceAll('~0', '~'))
    .reduce<unknown>((value, step) => (value !== null && typeof value === 'object' ? (value as Record<string, unknown>)[step] : undefined), document);
}

function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error ? `${error.message} (${cause.message})` : error.message;
}
