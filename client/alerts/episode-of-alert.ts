import { createHash } from 'node:crypto';
import { kebab } from '../../contract/incident/categories/index.ts';
import { episode, type Episode } from '../../contract/incident/episode.ts';
import type { WebhookAlert } from './body.ts';
import { plainLine } from './plain-line.ts';

/** The longest texts that an episode takes. A longer one is cut, since no alert may get lost. */
const limits = { name: 150, severity: 50, summary: 500, generatorUrl: 2000 };

/** Alertmanager writes this time where there is none (Alertmanager, dispatch: an alert that fires has no end). */
const zeroTime = /^0001-01-01T/;

/** Makes an episode of an alert, or names what keeps it from being one. */
export function episodeOfAlert(alert: WebhookAlert): Episode | { problem: string } {
  const { labels, annotations, status, startsAt } = alert;
  const parsed = episode.safeParse({
    fingerprint: fingerprintOf(alert),
    startsAt,
    endsAt: status === 'firing' ? null : endOf(alert),
    status,
    name: nameOf(labels['alertname'] ?? ''),
    severity: plainLine(labels['severity'] ?? '', limits.severity),
    summary: plainLine(summaryOf(annotations), limits.summary),
    generatorUrl: pageOf(alert.generatorURL),
  });
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  return { problem: `${issue?.path.join('.') ?? ''} ${issue?.message ?? ''}` };
}

/** Makes a fingerprint where the sender gave none: like Alertmanager's, a hash of the labels. */
function fingerprintOf({ fingerprint, labels }: WebhookAlert): string {
  if (/^[0-9a-f]{1,32}$/.test(fingerprint)) return fingerprint;
  const sorted = Object.entries(labels).sort(([a], [b]) => (a < b ? -1 : 1));
  return shortHash(JSON.stringify(sorted), 16);
}

function endOf({ endsAt }: WebhookAlert): string | null {
  const isTime = episode.shape.endsAt.safeParse(endsAt).success;
  return isTime && !zeroTime.test(endsAt) ? endsAt : null;
}

/** Names an alert so that a workflow id can be made of it: one without a letter or digit of ASCII gets a hash. */
function nameOf(label: string): string {
  const name = plainLine(label, limits.name);
  if (name === '') return 'unnamed alert';
  return kebab(name) === '' ? `alert ${shortHash(label, 8)} (${name})` : name;
}

function summaryOf(annotations: Record<string, string>): string {
  return annotations['summary'] || annotations['description'] || annotations['message'] || '';
}

/** Takes a page over if it is one: nothing that a browser would run. */
function pageOf(url: string): string {
  const page = /^https?:\/\//i.test(url) ? (URL.parse(url)?.href ?? '') : '';
  return page.length <= limits.generatorUrl ? page : '';
}

function shortHash(text: string, digits: number): string {
  return createHash('sha256').update(text).digest('hex').slice(0, digits);
}
