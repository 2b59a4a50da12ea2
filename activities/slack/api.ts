import { z } from 'zod';
import { finalFailure, passingFailure, signInFailure } from '../failure.ts';
import { parseJson } from '../json.ts';
import { failureOfAnswer, post, type PostAnswer } from '../post.ts';

/** Platform: Slack Web API. Every answer says by `ok` whether it worked, also with status 200. */
const answer = z.looseObject({ ok: z.boolean(), error: z.string().optional() });
export type SlackAnswer = z.infer<typeof answer>;

/** Errors that pass by themselves (Slack, Web API, common errors). */
const passingErrors = ['ratelimited', 'rate_limited', 'fatal_error', 'internal_error', 'request_timeout'];
const serviceErrors = ['service_unavailable', 'team_added_to_org'];
const signInErrors = ['invalid_auth', 'not_authed', 'token_revoked', 'token_expired', 'account_inactive'];
const missingErrors = ['channel_not_found', 'not_in_channel', 'is_archived', 'channel_is_archived'];

/** One token's access to the Web API. */
export interface SlackAccess {
  /** `https://slack.com/api`. */
  api: string;
  token: string;
  signal: AbortSignal;
}

/** Calls a method that writes; `accepted` are the errors that the caller handles itself. */
export async function write(
  access: SlackAccess,
  method: string,
  body: object,
  accepted: readonly string[] = [],
): Promise<SlackAnswer> {
  return call(access, method, 'application/json; charset=utf-8', JSON.stringify(body), accepted);
}

/** Calls a method that reads: these take forms only. */
export async function read(
  access: SlackAccess,
  method: string,
  form: Record<string, string>,
  accepted: readonly string[] = [],
): Promise<SlackAnswer> {
  return call(access, method, 'application/x-www-form-urlencoded', new URLSearchParams(form).toString(), accepted);
}

async function call(
  { api, token, signal }: SlackAccess,
  method: string,
  type: string,
  body: string,
  accepted: readonly string[],
): Promise<SlackAnswer> {
  const place = `Slack (${method})`;
  const headers = { authorization: `Bearer ${token}`, 'content-type': type };
  const url = new URL(method, api.endsWith('/') ? api : `${api}/`);
  const received = await post({ place, url, headers, body, signal });
  if (received.status !== 200) throw failureOfAnswer(place, received);
  const parsed = answer.safeParse(parseJson(received.text));
  if (!parsed.success) throw finalFailure('BadRequest', `${place} answered no JSON of its own: is it Slack's address?`);
  const { ok, error = 'unknown_error' } = parsed.data;
  if (ok || accepted.includes(error)) return parsed.data;
  throw failureOfError(place, error, received);
}

function failureOfError(place: string, error: string, { retryAfterMs }: PostAnswer): Error {
  const message = `${place} refused: ${error}`;
  if ([...passingErrors, ...serviceErrors].includes(error))
    return passingFailure(message, { askedMs: retryAfterMs ?? undefined, isQuota: error.startsWith('rate') });
  if (signInErrors.includes(error)) return signInFailure(message);
  if (missingErrors.includes(error))
    return finalFailure('Missing', `${message}; does the channel exist, and is the bot a member of it?`);
  return finalFailure(error === 'missing_scope' ? 'Denied' : 'BadRequest', message);
}
