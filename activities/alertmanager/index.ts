import { z } from 'zod';
import { finalFailure } from '../failure.ts';
import { parseJson } from '../json.ts';
import { oneLine } from '../one-line.ts';
import { fetchPatiently } from '../patient-fetch.ts';
import type { AlertQuery, Alerts, FiringAlert } from '../ports/index.ts';

/** Platform: Alertmanager API v2, GET /alerts, `gettableAlerts`. */
const alerts = z.array(
  z.object({
    fingerprint: z.string(),
    startsAt: z.iso.datetime({ offset: true }),
    labels: z.record(z.string(), z.string()),
    annotations: z.record(z.string(), z.string()).default({}),
    status: z.object({ state: z.string() }),
  }),
);

const status = z.object({ uptime: z.iso.datetime({ offset: true }) });

/** Two tries end before whoever waits for the answer gives up. */
const patience = { place: 'Alertmanager', tries: 2, timeoutMs: 3_500, pauseMs: 300 };
const maxErrorLength = 300;

/** Asks Alertmanager by its API v2. What it cannot tell is a final failure, so that nothing waits for it. */
export function createAlertmanager(own: string | undefined): Alerts {
  return {
    find: async (query) => alertsAt(requireAddress(own), query),
    startedAt: async () => startOf(requireAddress(own)),
    // Platform: Alertmanager UI; its page has the filter behind the hash.
    pageOf: (query) => {
      if (!own) return null;
      const parameters = { silenced: 'true', inhibited: 'true', filter: `{${matchers(query).join(',')}}` };
      return `${withSlash(own)}#/alerts?${new URLSearchParams(parameters).toString().replaceAll('+', '%20')}`;
    },
  };
}

function requireAddress(own: string | undefined): string {
  if (own) return own;
  throw finalFailure(
    'Missing',
    'no Alertmanager is configured: set SLIPWAY_ALERTMANAGER for the worker, ' +
      'or start the sandbox with --with monitoring',
  );
}

/** Platform: Alertmanager API v2, GET /status; its `uptime` is the time of its start. */
async function startOf(base: string): Promise<string> {
  return (await ask(new URL('api/v2/status', withSlash(base)), status, base)).uptime;
}

async function alertsAt(base: string, query: AlertQuery | null): Promise<FiringAlert[]> {
  const url = new URL('api/v2/alerts', withSlash(base));
  for (const state of ['active', 'silenced', 'inhibited']) url.searchParams.append(state, 'true');
  for (const matcher of query ? matchers(query) : []) url.searchParams.append('filter', matcher);
  return (await ask(url, alerts, base)).map(({ fingerprint, startsAt, labels, annotations, status: { state } }) => ({
    fingerprint,
    startsAt,
    name: oneLine(labels['alertname'] ?? 'an alert without a name'),
    severity: oneLine(labels['severity'] ?? ''),
    summary: oneLine(annotations['summary'] ?? annotations['description'] ?? ''),
    suppressed: state === 'suppressed',
  }));
}

/** Asks a page of Alertmanager's API. */
async function ask<T>(url: URL, form: z.ZodType<T>, base: string): Promise<T> {
  const { status: code, text } = await fetchPatiently(url, {}, patience);
  if (code !== 200)
    throw finalFailure(
      'Unknown',
      `Alertmanager at ${base} answered ${code}: ${oneLine(text).slice(0, maxErrorLength)}`,
    );
  const parsed = form.safeParse(parseJson(text));
  if (!parsed.success)
    throw finalFailure('Unknown', `Alertmanager at ${base} answered nothing of its API v2: is it its address?`);
  return parsed.data;
}

/** Writes matchers: all must fit, a regular expression fits the whole value, and a missing label is an empty one. */
function matchers({ services, environment }: AlertQuery): string[] {
  return [`service=~${quoted(services.map(literal).join('|'))}`, `environment=~${quoted(`${literal(environment)}|`)}`];
}

function literal(text: string): string {
  return text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&');
}

function quoted(text: string): string {
  return `"${text.replace(/[\\"]/g, '\\$&')}"`;
}

function withSlash(base: string): string {
  return base.endsWith('/') ? base : `${base}/`;
}
