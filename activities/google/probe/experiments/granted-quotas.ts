import { askApi } from '../../rest.ts';
import type { Trial } from '../trial.ts';

/** A limit of calls for each minute, as the platform has granted it to the project. */
export interface GrantedQuota {
  /** What it counts, in the platform's words. */
  name: string;
  perMinute: number;
}

interface Metric {
  displayName?: string;
  metric?: string;
  consumerQuotaLimits?: { unit?: string; quotaBuckets?: Bucket[] }[];
}

interface Bucket {
  effectiveLimit?: string;
  dimensions?: Record<string, string>;
}

/** A project has a few dozen of them. */
const maxPages = 10;

/** Reads the quotas by the minute of one API. Platform: Service Usage v1beta1, consumerQuotaMetrics. */
export async function grantedQuotas({ clients, caller, target }: Trial, api: string): Promise<GrantedQuota[]> {
  const path = `/v1beta1/projects/${target.project}/services/${api}/consumerQuotaMetrics`;
  const metrics: Metric[] = [];
  let pageToken = '';
  for (let page = 0; page < maxPages; page += 1) {
    const query = new URLSearchParams({ pageSize: '200', view: 'BASIC', ...(pageToken !== '' && { pageToken }) });
    const answer = (await askApi(clients, caller, {
      doing: `read the quotas of ${api}`,
      host: 'serviceusage.googleapis.com',
      path: `${path}?${query.toString()}`,
    })) as { metrics?: Metric[]; nextPageToken?: string };
    metrics.push(...(answer.metrics ?? []));
    pageToken = answer.nextPageToken ?? '';
    if (pageToken === '') break;
  }
  return quotasIn(metrics, target.region);
}

/** Picks the limits by the minute that hold for a region. The most specific bucket counts, and it comes last. */
export function quotasIn(metrics: readonly Metric[], region: string): GrantedQuota[] {
  return metrics.flatMap(({ displayName, metric, consumerQuotaLimits = [] }) =>
    consumerQuotaLimits
      .filter(({ unit = '' }) => unit.startsWith('1/min/') && !unit.includes('{user}'))
      .flatMap(({ quotaBuckets = [] }) => {
        const held = quotaBuckets.filter(({ dimensions = {} }) => (dimensions['region'] ?? region) === region);
        const limit = Number(held.at(-1)?.effectiveLimit ?? NaN);
        return Number.isFinite(limit) && limit >= 0 ? [{ name: displayName ?? metric ?? '', perMinute: limit }] : [];
      }),
  );
}
