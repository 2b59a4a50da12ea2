import { z } from 'zod';
import { finalFailure } from '../failure.ts';
import { parseJson } from '../json.ts';
import { fetchPatiently } from '../patient-fetch.ts';

/** A query changes nothing, so a short outage is waited out. */
const patience = { place: 'Prometheus', tries: 3, pauseMs: 500, timeoutMs: 10_000 };
const maxErrorLength = 300;

/** Platform: Prometheus HTTP API, format overview. */
const refusal = z.object({ status: z.literal('error'), errorType: z.string(), error: z.string() });
/** The types of an error that mean that the query itself is wrong. */
const refusals: ReadonlySet<string> = new Set(['bad_data', 'execution']);
const answer = z.union([z.object({ status: z.literal('success'), data: z.unknown() }), refusal]);

interface Question<Data> {
  /** Below the address, such as `api/v1/query`. */
  path: string;
  parameters: Record<string, string>;
  /** The form of `data` in an answer. */
  form: z.ZodType<Data>;
  /** Names that form for who asked something else. */
  formName: string;
  /** Gives the question up. */
  signal?: AbortSignal | undefined;
}

/** Asks the HTTP API of Prometheus. What it refuses, cannot be reached for or answers otherwise is a final failure. */
export async function ask<Data>(
  base: string,
  { path, parameters, form, formName, signal }: Question<Data>,
): Promise<Data> {
  const { status, text } = await fetchPatiently(
    addressOf(base, path),
    {
      form: new URLSearchParams({ ...parameters, timeout: `${patience.timeoutMs / 1000}s` }),
      ...(signal && { signal }),
    },
    patience,
  );
  const parsed = answer.safeParse(parseJson(text));
  if (!parsed.success)
    throw finalFailure('Unknown', `what is at ${base} answered ${status}, and not as Prometheus does`);
  if (parsed.data.status === 'error') throw failureOf(base, parsed.data);
  const found = form.safeParse(parsed.data.data);
  if (!found.success)
    throw finalFailure('BadRequest', `Prometheus at ${base} answered ${status} with no result of ${formName}`);
  return found.data;
}

/** Makes the failure of an error. One that is not about the query, such as a timeout, says nothing against it. */
function failureOf(base: string, { errorType, error }: z.infer<typeof refusal>): Error {
  const isRefused = refusals.has(errorType);
  const what = isRefused ? 'refused the query' : 'did not answer the query';
  return finalFailure(
    isRefused ? 'BadRequest' : 'Unknown',
    `Prometheus at ${base} ${what} (${errorType}): ${error.slice(0, maxErrorLength)}`,
  );
}

/** Makes an address below that of a Prometheus, which may stand below a path itself. */
export function addressOf(base: string, path: string): URL {
  return new URL(path, base.endsWith('/') ? base : `${base}/`);
}

/** Parses a number; the API writes `NaN`, `+Inf` and `-Inf`. */
export function numberOf(text: string): number {
  if (text === '+Inf') return Infinity;
  return text === '-Inf' ? -Infinity : Number(text);
}
