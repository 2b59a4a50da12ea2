import type { Cloud } from '../core/cloud.ts';
import type { HttpRoute } from '../server/http.ts';
import { sendJson } from '../server/http.ts';

/** Tells the quotas of an API. Platform: Service Usage v1beta1, services.consumerQuotaMetrics.list. */
export function quotasRoute({ quotas }: Cloud): HttpRoute {
  return {
    method: 'GET',
    path: /^\/v1beta1\/projects\/(?<project>[^/]+)\/services\/(?<service>[^/]+)\/consumerQuotaMetrics$/,
    handle: ({ params }, response) => {
      const metrics = quotas.granted(params['service'] ?? '').map(({ title, metric, unit, perMinute }) => ({
        metric,
        displayName: title,
        consumerQuotaLimits: [{ metric, unit, quotaBuckets: [{ effectiveLimit: String(perMinute) }] }],
      }));
      sendJson(response, 200, metrics.length > 0 ? { metrics } : {});
    },
  };
}
