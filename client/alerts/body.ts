import { z } from 'zod';

/** Describes what Alertmanager posts (Alertmanager, configuration: webhook; body version 4). Unknown fields pass. */

const labels = z.record(z.string(), z.string());

/** An alert of a body. Alertmanager's API lists alerts in nearly the same form. */
export const webhookAlert = z.looseObject({
  status: z.enum(['firing', 'resolved'], 'must be firing or resolved'),
  labels,
  annotations: labels.catch({}),
  startsAt: z.string('must be a time'),
  endsAt: z.string().catch(''),
  generatorURL: z.string().catch(''),
  fingerprint: z.string().catch(''),
});
export type WebhookAlert = z.infer<typeof webhookAlert>;

/**
 * The body of a webhook. Its alerts are read one by one: one that cannot be read must not take the others along. Its
 * own `status` is not read: where the list was cut, it tells of the rest only (Alertmanager, notify/webhook).
 */
const webhookBody = z.looseObject({
  alerts: z.array(z.unknown(), 'must be a list of alerts'),
  receiver: z.string().catch(''),
  groupLabels: labels.catch({}),
  /** Alerts that were cut off by the receiver's `max_alerts`. */
  truncatedAlerts: z.number().int().min(0).catch(0),
});
export type WebhookBody = z.infer<typeof webhookBody>;

/** Reads the text of a request as a webhook's body, or says why it is none. */
export function readBody(text: string): { body: WebhookBody } | { problem: string } {
  const value = parseJson(text);
  if (value === invalid) return { problem: 'the body is not JSON' };
  const parsed = webhookBody.safeParse(value);
  if (parsed.success) return { body: parsed.data };
  const [issue] = parsed.error.issues;
  const where = issue?.path.join('.') ?? '';
  return {
    problem: `the body is none of Alertmanager's webhook: ${where === '' ? 'it' : where} ${issue?.message ?? ''}`,
  };
}

const invalid = Symbol('not JSON');

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text) as unknown;
  } catch {
    return invalid;
  }
}
