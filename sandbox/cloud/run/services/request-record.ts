import { randomBytes } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { Cloud } from '../../core/cloud.ts';
import { shortName } from '../resources/names.ts';
import type { Revision } from '../resources/resources.ts';
import { revisionLog } from '../containers/container-log.ts';
import type { RequestMetrics } from './request-metrics.ts';

/** Platform: the status in the log of a request whose caller went before the answer. */
const callerGone = 499;

/** Records a request when it has ended: an entry of the log, and a count in the metrics. */
export function recordRequest(
  { cloud, metrics }: { cloud: Cloud; metrics: RequestMetrics },
  revision: Revision,
  incoming: IncomingMessage,
  response: ServerResponse,
): void {
  const at = new Date();
  const began = performance.now();
  const traceId = traceOf(incoming);
  incoming.headers['x-cloud-trace-context'] ??= `${traceId}/1;o=0`;
  response.on('close', () => {
    const milliseconds = performance.now() - began;
    const status = response.headersSent ? response.statusCode : callerGone;
    metrics.add({ service: shortName(revision.service), revision: shortName(revision.name), status, milliseconds });
    revisionLog(cloud, revision.service, revision.name).request(
      {
        requestMethod: incoming.method ?? 'GET',
        requestUrl: `http://${incoming.headers.host ?? '127.0.0.1'}${incoming.url ?? '/'}`,
        status,
        userAgent: incoming.headers['user-agent'] ?? '',
        remoteIp: incoming.socket.remoteAddress ?? '127.0.0.1',
        protocol: `HTTP/${incoming.httpVersion}`,
        latency: `${(milliseconds / 1000).toFixed(9)}s`,
      },
      `projects/${cloud.project}/traces/${traceId}`,
      at,
    );
  });
}

/** Reads the trace from W3C `traceparent` or Google's older header, else begins a new one. */
function traceOf(incoming: IncomingMessage): string {
  const parent = /^[\da-f]{2}-([\da-f]{32})-/.exec(String(incoming.headers['traceparent'] ?? ''));
  const context = /^([\da-f]{32})/.exec(String(incoming.headers['x-cloud-trace-context'] ?? ''));
  return parent?.[1] ?? context?.[1] ?? randomBytes(16).toString('hex');
}
