import { createHash } from 'node:crypto';

/** Alerts and bodies as Alertmanager 0.34 writes them (Alertmanager, notify/webhook). */

export interface Alert {
  status: 'firing' | 'resolved';
  labels: Record<string, string>;
  annotations: Record<string, string>;
  startsAt: string;
  endsAt: string;
  generatorURL: string;
  fingerprint: string;
}

export const startsAt = '2026-03-01T18:00:00.123456789Z';

/** An alert that fires in production of the service `shop`. */
export function alertOf(alertname: string, labels: Record<string, string> = {}, fields: Partial<Alert> = {}): Alert {
  const all = { alertname, service: 'shop', environment: 'production', severity: 'sev2', ...labels };
  return {
    status: 'firing',
    labels: all,
    annotations: { summary: `${alertname} in ${all.environment}` },
    startsAt,
    endsAt: '0001-01-01T00:00:00Z',
    generatorURL: 'http://prometheus.example.com:9090/graph?g0.expr=up',
    fingerprint: createHash('sha256').update(JSON.stringify(all)).digest('hex').slice(0, 16),
    ...fields,
  };
}

export function resolved(alert: Alert): Alert {
  return { ...alert, status: 'resolved', endsAt: '2026-03-01T18:30:00Z' };
}

export function bodyOf(alerts: readonly unknown[], fields: Record<string, unknown> = {}): object {
  return {
    version: '4',
    groupKey: '{}:{alertname="x"}',
    truncatedAlerts: 0,
    notification_reason: 'first notification',
    status: 'firing',
    receiver: 'slipway',
    groupLabels: {},
    commonLabels: {},
    commonAnnotations: {},
    externalURL: 'http://alertmanager.example.com:9093',
    alerts,
    ...fields,
  };
}
