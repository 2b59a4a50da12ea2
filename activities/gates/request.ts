import { lookup } from 'node:dns/promises';
import { BlockList, isIP } from 'node:net';
import { setTimeout as pause } from 'node:timers/promises';
import { smokeUserAgent } from '../../contract/ids.ts';
import type { HttpGate } from '../../contract/catalog/gates.ts';
import { isOwnAnswer } from '../../contract/catalog/targets/index.ts';
import { finalFailure } from '../failure.ts';
import type { GateContext } from './gate.ts';
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

/**
 * Addresses that no gate may call: the worker's own machine, and the metadata servers of clouds, which hand out
 * credentials.
 */
const forbidden = new BlockList();
forbidden.addSubnet('169.254.0.0', 16, 'ipv4');
forbidden.addSubnet('fe80::', 10, 'ipv6');
forbidden.addAddress('fd00:ec2::254', 'ipv6');
const forbiddenNames = /(^|\.)metadata(\.google\.internal)?$/;

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
  const target = await allowedUrl(request, values, context);
  const headers = await headersOf(request, values, context);
  const body = request.body === undefined ? null : fillJson(request.body, values);
  const withType = Object.keys(headers).some((name) => name.toLowerCase() === 'content-type');
  try {
    const response = await fetch(target, {
      method: request.method,
      redirect: 'manual',
      headers: {
        'user-agent': smokeUserAgent(change, attemptKey),
        ...(body === null || withType ? {} : { 'content-type': 'application/json' }),
        ...headers,
      },
      body,
      signal: AbortSignal.any([signal, AbortSignal.timeout(request.timeoutSeconds * 1000)]),
    });
    return { status: response.status, ...(await cappedText(response)) };
  } catch (error) {
    signal.throwIfAborted();
    throw new NoAnswer(request.path, error);
  }
}

/** Said where a gate has nothing to call. Platform: Cloud Run, Service.default_uri_disabled; then no tag has one. */
const noAddress = 'the service has no address of its own: give the gate `at`, and its host in `hosts`';

/** Finds the address to call: the service's own origin or a declared host, and never the machine itself. */
export async function allowedUrl(
  { path, at, hosts = [] }: GateRequest,
  values: Record<string, string>,
  { url }: GateContext,
): Promise<URL> {
  if (at === undefined && url === '') throw finalFailure('BadRequest', noAddress);
  const base = new URL(at ?? url);
  const target = new URL(fillPath(path, values), base);
  const isDeclared =
    (url !== '' && target.origin === new URL(url).origin) ||
    (target.origin === base.origin && hosts.includes(target.host));
  if (!isDeclared)
    throw finalFailure('BadRequest', `${path} calls ${target.host}, which is neither the service nor named in hosts`);
  const name = target.hostname.replace(/^\[|\]$/g, '');
  const addresses = isIP(name)
    ? [name]
    : await lookup(name, { all: true }).then(
        (found) => found.map(({ address }) => address),
        () => [],
      );
  if (
    forbiddenNames.test(name) ||
    addresses.some((address) => forbidden.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4'))
  ) {
    throw finalFailure(
      'BadRequest',
      `${target.host} is an address of the worker's own machine, which no gate may call`,
    );
  }
  return target;
}

/** Makes the headers of a request; secrets are read now. */
export async function headersOf(
  { headers = {} }: GateRequest,
  values: Record<string, string>,
  { secrets }: GateContext,
): Promise<Record<string, string>> {
  const entries = await Promise.all(
    Object.entries(headers).map(
      async ([name, value]) =>
        [name, typeof value === 'string' ? fill(value, values) : await secrets.read(value)] as const,
    ),
  );
  return Object.fromEntries(entries);
}

async function cappedText(response: Response): Promise<{ text: string; cut: boolean }> {
  const decoder = new TextDecoder();
  let text = '';
  for await (const chunk of response.body ?? []) {
    text += decoder.decode(chunk as Uint8Array, { stream: true });
    if (text.length > maxBodyBytes) return { text: text.slice(0, maxBodyBytes), cut: true };
  }
  return { text, cut: false };
}

function causeOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const { cause } = error;
  return cause instanceof Error ? `${error.message} (${cause.message || codeOf(error)})` : error.message;
}

function codeOf(error: unknown): string {
  const { cause, code } = (error ?? {}) as { cause?: { code?: string }; code?: string };
  return cause?.code ?? code ?? '';
}
