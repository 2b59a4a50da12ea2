import { setTimeout as pause } from 'node:timers/promises';
import type { CatalogEntry } from '../contract/catalog/catalog.ts';
import type { LogGate, MetricGate } from '../contract/catalog/gates.ts';
import { workloadOf } from '../contract/catalog/targets/index.ts';
import { isRollbackClass } from '../contract/environment.ts';
import type { Problem } from '../contract/failures.ts';
import type { ChangeKind } from '../contract/plan.ts';
import type { Ports } from './ports/index.ts';
import { fillQuery, type QueryValues } from './promql.ts';

type QuestionPorts = Pick<Ports, 'logs' | 'metrics'>;

/** A question of the catalog to a source, and where it stands. */
interface Question {
  path: string;
  /** Answers why it is refused; null where it is not. The signal gives the question up. */
  refusal(signal: AbortSignal): Promise<string | null>;
}

/** A source that does not answer by then is not waited for: its gates say it when they are checked. */
const maxWaitMs = 10_000;
/** Users wait for a rollback. */
const maxRollbackWaitMs = 2_000;
/** Every window has this form. */
const window = '300s';

/**
 * Asks the sources of logs and numbers all that the catalog has for a change and an incident, as it will be sent.
 * Answers all that is refused, so that nobody learns it when users have the change. `revision` serves now.
 */
export async function refusedQuestions(
  ports: QuestionPorts,
  entry: CatalogEntry,
  revision: string,
  kind: ChangeKind,
): Promise<Problem[]> {
  const limitMs = isRollbackClass(kind) ? maxRollbackWaitMs : maxWaitMs;
  const questions = [...logQuestions(ports, entry), ...metricQuestions(ports, entry, revision)];
  const answers = await Promise.all(
    questions.map(async ({ path, refusal }) => ({ path, message: await withinTime(refusal, limitMs) })),
  );
  return answers.flatMap(({ path, message }) => (message === null ? [] : [{ path, message }]));
}

function logQuestions({ logs }: QuestionPorts, { settings }: CatalogEntry): Question[] {
  const { target, verification = [] } = settings;
  const question = (list: string, { name, filter }: LogGate): Question => ({
    path: `${list}.${name}.filter`,
    refusal: (signal) => logs.refusalOf(target, filter, signal),
  });
  return [
    ...settings.logs.map((gate) => question('logs', gate)),
    ...verification.flatMap((gate) => (gate.kind === 'log' ? [question('verification', gate)] : [])),
  ];
}

function metricQuestions({ metrics }: QuestionPorts, entry: CatalogEntry, revision: string): Question[] {
  const { bake, incidents, metrics: place, target, verification = [] } = entry.settings;
  const isKnown = metrics.isKnown(place?.url);
  const question = (path: string, query: string, values: QueryValues): Question => ({
    path,
    refusal: (signal) =>
      metrics.refusalOf(place?.url, fillQuery(query, { ...values, window }), new Date().toISOString(), signal),
  });
  const ofGate = (list: string, { name, query, enough, onlyWhereMonitored }: MetricGate): Question[] => {
    const path = `${list}.${name}`;
    if (!isKnown) return onlyWhereMonitored ? [] : [{ path, refusal: async () => noPrometheus }];
    const values = { service: workloadOf(target), revision };
    return [
      question(`${path}.query`, query, values),
      ...(enough ? [question(`${path}.enough.query`, enough.query, values)] : []),
    ];
  };
  const { service, environment } = entry;
  const errorRate = isKnown ? incidents?.errorRate : undefined;
  return [
    ...(bake.metrics ?? []).flatMap((gate) => ofGate('bake.metrics', gate)),
    ...verification.flatMap((gate) => (gate.kind === 'metric' ? ofGate('verification', gate) : [])),
    ...(errorRate === undefined ? [] : [question('incidents.errorRate', errorRate, { service, environment })]),
  ];
}

const noPrometheus =
  'no Prometheus is configured: name it in the catalog (metrics: {url}), set SLIPWAY_PROMETHEUS for the worker, ' +
  'or say onlyWhereMonitored';

/** Answers null for what does not answer in time, and is given up then, or fails for another reason. */
async function withinTime(refusal: Question['refusal'], limitMs: number): Promise<string | null> {
  const end = new AbortController();
  const late = pause(limitMs, null, { signal: end.signal, ref: false }).catch(() => null);
  const answer = async () => refusal(end.signal);
  return Promise.race([answer().catch(() => null), late]).finally(() => end.abort());
}
