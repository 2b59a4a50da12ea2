import type { Cloud } from '../../core/cloud.ts';
import type { HttpRoute } from '../../server/http.ts';

/** One request that a revision answered. */
export interface ServedRequest {
  service: string;
  revision: string;
  status: number;
  milliseconds: number;
}

/** Upper bounds in milliseconds, the unit of Cloud Run's latencies. */
const bounds = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000, 30_000];

interface Counter {
  labels: string;
  buckets: number[];
  count: number;
  sum: number;
}

/**
 * Counts requests to Cloud Run as Cloud Monitoring does. Platform: metrics run.googleapis.com/request_count and
 * request_latencies, as PromQL calls them. Counters begin at 0 with the process, as any exporter's do.
 */
export class RequestMetrics {
  private readonly cloud: Cloud;
  private readonly counters = new Map<string, Counter>();

  constructor(cloud: Cloud) {
    this.cloud = cloud;
  }

  add({ service, revision, status, milliseconds }: ServedRequest): void {
    const labels = this.labels(service, revision, status);
    const counter = this.counters.get(labels) ?? { labels, buckets: bounds.map(() => 0), count: 0, sum: 0 };
    const first = bounds.findIndex((bound) => milliseconds <= bound);
    if (first >= 0)
      for (let index = first; index < bounds.length; index += 1)
        counter.buckets[index] = (counter.buckets[index] ?? 0) + 1;
    counter.count += 1;
    counter.sum += milliseconds;
    this.counters.set(labels, counter);
  }

  /** Writes the counters in Prometheus' text format. */
  text(): string {
    const all = [...this.counters.values()];
    return [
      '# TYPE run_googleapis_com:request_count counter',
      ...all.map(({ labels, count }) => `run_googleapis_com:request_count{${labels}} ${count}`),
      '# TYPE run_googleapis_com:request_latencies histogram',
      ...all.flatMap(histogram),
      '',
    ].join('\n');
  }

  private labels(service: string, revision: string, status: number): string {
    const { project, region } = this.cloud;
    const labels = {
      monitored_resource: 'cloud_run_revision',
      project_id: project,
      location: region,
      service_name: service,
      configuration_name: service,
      revision_name: revision,
      response_code: String(status),
      response_code_class: `${Math.floor(status / 100)}xx`,
    };
    return Object.entries(labels)
      .map(([name, value]) => `${name}="${value}"`)
      .join(',');
  }
}

function histogram({ labels, buckets, count, sum }: Counter): string[] {
  const name = 'run_googleapis_com:request_latencies';
  return [
    ...bounds.map((bound, index) => `${name}_bucket{${labels},le="${bound}"} ${buckets[index] ?? 0}`),
    `${name}_bucket{${labels},le="+Inf"} ${count}`,
    `${name}_sum{${labels}} ${sum.toFixed(3)}`,
    `${name}_count{${labels}} ${count}`,
  ];
}

/** Serves `GET /sandbox/metrics`, for a Prometheus of the sandbox. Calls of it are not in the call log. */
export function metricsRoute(metrics: RequestMetrics): HttpRoute {
  return {
    method: 'GET',
    path: /^\/sandbox\/metrics$/,
    handle: (_request, response) => {
      response.writeHead(200, { 'content-type': 'text/plain; version=0.0.4; charset=utf-8' });
      response.end(metrics.text());
    },
  };
}
