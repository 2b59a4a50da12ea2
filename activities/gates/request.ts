import type { IncomingMessage } from 'node:http';
import { ApplicationFailure } from '@temporalio/common';
import { setTimeout as pause } from 'node:timers/promises';
import { smokeUserAgent } from '../../contract/ids.ts';
import type { HttpGate } from '../../contract/catalog/gates.ts';
import { isOwnAnswer } from '../../contract/catalog/targets/index.ts';
import { finalFailure } from '../failure.ts';
import { refuseForbiddenHost } from './forbidden-addresses.ts';
import type { GateContext } from './gate.ts';
import { sendRequest } from './http-request.ts';
import { fill, fillJson, fillPath } from './placeholders.ts';

/** Describes a request of any kind of gate that calls the service. */
export type GateRequest = Pick<HttpGate, 'method' | 'path' | 'at' | 'hosts' | 'headers' | 'body' | 'timeoutSeconds'> & {
  /** The statuses that are wanted, where a gate names them. */
  status?: number | number[];
};

export interface Answer {
  status: number;
  /** At most `maxBodyBytes` of it. */
  text: string;
  cut: boolean;
}

/** Says that no answer came. `sent` is false only if it is certain that nothing reached the service. */
export class NoAnswer extends Error {
  override readonly name = 'NoAnswer';
  readonly sent: boolean;

  constructor(path: string, cause: unknown) {
    super(`no answer from ${path}: ${causeOf(cause)}`, { cause });
    this.sent = !['ECONNREFUSED', 'ENOTFOUND', 'EAI_AGAIN'].includes(codeOf(cause));
  }
}

export const maxBodyBytes = 256 * 1024;
/** Times that a request is sent. A connection may be refused for a moment after a start; an answer is final. */
const tries = 3;
const firstPauseMs = 250;

/** The longest that answers are waited out which the platform gives, because no instance can take a request yet. */
const maxPlatformMs = 60_000;
const platformPauseMs = 1_000;

/**
 * Sends a request, again if `mayRepeat` allows it. Throws NoAnswer if nothing answered. An answer that the platform
 * itself gave, since no instance was there, is no answer of the service: whatever the request does, it is sent again.
 */
export async function ask(
  request: GateRequest,
  values: Record<string, string>,
  context: GateContext,
  mayRepeat: (failed: NoAnswer) => Promise<boolean>,
): Promise<Answer> {
  const began = performance.now();
  for (let attempt = 1; ; attempt += 1) {
    try {
      const answer = await send(request, values, context);
      if (!isOwnAnswer(context.entry.settings.target, answer) || expects(request, answer)) return answer;
      if (performance.now() - began >= (context.platformWaitMs ?? maxPlatformMs)) return answer;
      context.progress({ waitingFor: `an instance: the platform answers ${answer.status} itself` });
      await pause(platformPauseMs, undefined, { signal: context.signal });
      attempt -= 1;
    } catch (error) {
      if (!(error instanceof NoAnswer) || attempt === tries || !(await mayRepeat(error))) throw error;
      await pause(firstPauseMs * attempt, undefined, { signal: context.signal });
    }
  }
}

/** Allows every repeat: for requests that change nothing. */
export async function alwaysRepeat(): Promise<boolean> {
  return true;
}

/** Says whether a gate wants just this status: then whoever answers so has answered. */
function expects({ status = [] }: GateRequest, answer: Answer): boolean {
  return [status].flat().includes(answer.status);
}

/** Sends a request once. Throws NoAnswer if nothing answered. */
export async function send(
  request: GateRequest,
  values: Record<string, string>,
  context: GateContext,
): Promise<Answer> {
  const { change, attemptKey, signal } = context;
  const target = allowedUrl(request, values, context);
  const headers = await headersOf(request, values, context);
  const body = request.body === undefined ? null : fillJson(request.body, values);
  const withType = Object.keys(headers).some((name) => name.toLowerCase() === 'content-type');
  const limit = AbortSignal.timeout(request.timeoutSeconds * 1000);
  try {
    const response = await sendRequest(target, {
      method: request.method,
      headers: {
        'user-agent': smokeUserAgent(change, attemptKey),
        ...(body === null || withType ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      body,
      declared: declaredHosts(request, context),
      signal: AbortSignal.any([signal, limit]),
    });
    return { status: response.statusCode ?? 0, ...(await cappedText(response)) };
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof ApplicationFailure) throw error;
    throw new NoAnswer(request.path, limit.aborted ? limit.reason : error);
  }
}

/** Said where a gate has nothing to call. Platform: Cloud Run, Service.default_uri_disabled; then no tag has one. */
const noAddress = 'the service has no address of its own: give the gate `at`, and its host in `hosts`';

/**
 * Finds the address to call: the service's own origin or a declared host, and never the machine itself. A name is
 * checked where it is looked up, by `checkedLookup`.
 */
export function allowedUrl(request: GateRequest, values: Record<string, string>, { url }: GateContext): URL {
  const { path, at, hosts = [] } = request;
  if (at === undefined && url === '') throw finalFailure('BadRequest', noAddress);
  const base = new URL(at ?? url);
  const target = new URL(fillPath(path, values), base);
  const isDeclared =
    (url !== '' && target.origin === new URL(url).origin) ||
    (target.origin === base.origin && hosts.includes(target.host));
  if (!isDeclared)
    throw finalFailure('BadRequest', `${path} calls ${target.host}, which is neither the service nor named in hosts`);
  refuseForbiddenHost(target.hostname, declaredHosts(request, { url }));
  return target;
}

/** Answers the hosts that the catalog names for a request, with the service's own. */
export function declaredHosts({ hosts = [] }: GateRequest, { url }: Pick<GateContext, 'url'>): string[] {
  return url === '' ? hosts : [...hosts, new URL(url).host];
}

type HeaderValue = NonNullable<GateRequest['headers']>[string];

/** Makes the headers of a request; secrets are read, and tokens are made, now. */
export async function headersOf(
  { headers = {} }: GateRequest,
  values: Record<string, string>,
  { secrets }: GateContext,
): Promise<Record<string, string>> {
  const entries = await Promise.all(
    Object.entries(headers).map(async ([name, value]) => [name, await valueOf(value)] as const),
  );
  return Object.fromEntries(entries);

  async function valueOf(value: HeaderValue): Promise<string> {
    if (typeof value === 'string') return fill(value, values);
    return 'secret' in value ? secrets.read(value) : `Bearer ${await secrets.identityToken(value.audience)}`;
  }
}

async function cappedText(response: IncomingMessage): Promise<{ text: string; cut: boolean }> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    if (text.length > maxBodyBytes) return { text: text.slice(0, maxBodyBytes), cut: true };
  }
  return { text, cut: false };
}

function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  return error.message || codeOf(error);
}

/** Answers the code of a failed connection; of several addresses, Node puts the first one's on the whole. */
function codeOf(error: unknown): string {
  return ((error ?? {}) as { code?: string }).code ?? '';
}
