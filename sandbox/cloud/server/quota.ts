import { z } from 'zod';
import { projectNumber } from '../core/project-number.ts';
import type { Store } from '../store/store.ts';
import { RpcError } from './errors.ts';

const calls = z.number().int().min(1).nullable();

const quotaSchema = z.strictObject({
  'run-reads': calls,
  'run-writes': calls,
  'log-reads': calls,
  /** How long a minute is: less than 60 s for a test that has no time. */
  minuteMs: z.number().int().min(100).max(60_000),
});

/** The calls that a project may make in a minute, by kind; null where nothing is counted. */
export type QuotaValues = z.infer<typeof quotaSchema>;
type Kind = Exclude<keyof QuotaValues, 'minuteMs'>;

/** A quota as the project has it. */
export interface GrantedQuota {
  title: string;
  metric: string;
  unit: string;
  perMinute: number;
}

export interface Quotas {
  tune(change: unknown): QuotaValues;
  values(): QuotaValues;
  /** Lists what an API may be asked a minute; nothing where nothing is counted. */
  granted(service: string): GrantedQuota[];
  /** Counts a call; the refusal where no more is allowed in this minute. */
  spend(method: string): RpcError | undefined;
}

const uncounted: QuotaValues = { 'run-reads': null, 'run-writes': null, 'log-reads': null, minuteMs: 60_000 };

/**
 * What the platform calls each of them. Recorded: both of `log-reads`, the words of `run-reads`. Those of `run-writes`
 * are like them.
 */
const names = {
  'run-reads': {
    service: 'run.googleapis.com',
    title: 'Read requests',
    per: 'per minute per region',
    metric: 'read_regional',
    limit: 'ReadPerMinutePerProjectRegion',
  },
  'run-writes': {
    service: 'run.googleapis.com',
    title: 'Write requests',
    per: 'per minute per region',
    metric: 'write_regional',
    limit: 'WritePerMinutePerProjectRegion',
  },
  'log-reads': {
    service: 'logging.googleapis.com',
    title: 'Read requests',
    per: 'per minute',
    metric: 'read_requests',
    limit: 'ReadRequestsPerMinutePerProject',
  },
} satisfies Record<Kind, object>;

/** Opens the quotas of the one project and region. The store keeps the values; a restarted emulator counts anew. */
export function openQuotas(store: Store, region: string): Quotas {
  const stored = store.collection<Partial<QuotaValues>>('quotas');
  let values: QuotaValues = { ...uncounted, ...stored.get('quotas') };
  const windows = new Map<Kind, { beganAt: number; spent: number }>();
  return {
    values: () => ({ ...values }),
    tune: (change) => {
      values = { ...values, ...(quotaSchema.partial().parse(change) as Partial<QuotaValues>) };
      stored.put('quotas', values);
      windows.clear();
      return values;
    },
    granted: (wanted) =>
      Object.entries(names).flatMap(([kind, { service, title, metric }]) => {
        const perMinute = values[kind as Kind];
        if (service !== wanted || perMinute === null) return [];
        return [{ title, metric: `${service}/${metric}`, unit: unitOf(service), perMinute }];
      }),
    spend: (method) => {
      const kind = kindOf(method);
      const limit = kind && values[kind];
      if (!kind || !limit) return undefined;
      const now = Date.now();
      const window = windows.get(kind);
      const current = window && now < window.beganAt + values.minuteMs ? window : { beganAt: now, spent: 0 };
      windows.set(kind, current);
      if (current.spent >= limit) return refusal(kind, limit, region);
      current.spent += 1;
      return undefined;
    },
  };
}

/** Platform: Cloud Run, quotas and limits, API rate limits; Cloud Logging, API quotas. */
function kindOf(method: string): Kind | undefined {
  if (/^google\.logging\.v2\.LoggingServiceV2\/(ListLogEntries|TailLogEntries)$/.test(method)) return 'log-reads';
  if (/^google\.(cloud\.run\.v2\.|longrunning\.Operations\/)/.test(method))
    return /\/(Get|List|Wait|TestIam)[A-Za-z]+$/.test(method) ? 'run-reads' : 'run-writes';
  return undefined;
}

/** A quota that is used up names itself in ErrorInfo. Of a delay the platform says nothing there (recorded). */
function refusal(kind: Kind, value: number, region: string): RpcError {
  const { service, title, per, metric, limit } = names[kind];
  const isRegional = isOfRegion(service);
  const message =
    `Quota exceeded for quota metric '${title}' and limit '${title} ${per}' of service '${service}' ` +
    `for consumer 'project_number:${projectNumber}'.`;
  const metadata = {
    consumer: `projects/${projectNumber}`,
    quota_limit: limit,
    quota_limit_value: String(value),
    quota_location: isRegional ? region : 'global',
    quota_metric: `${service}/${metric}`,
    quota_unit: unitOf(service),
    service,
  };
  const link = {
    description: 'Request a higher quota limit.',
    url: 'https://cloud.google.com/docs/quotas/help/request_increase',
  };
  return new RpcError('RESOURCE_EXHAUSTED', message, [
    { type: 'google.rpc.ErrorInfo', value: { reason: 'RATE_LIMIT_EXCEEDED', domain: 'googleapis.com', metadata } },
    { type: 'google.rpc.Help', value: { links: [link] } },
  ]);
}

function isOfRegion(service: string): boolean {
  return service === 'run.googleapis.com';
}

function unitOf(service: string): string {
  return isOfRegion(service) ? '1/min/{project}/{region}' : '1/min/{project}';
}
