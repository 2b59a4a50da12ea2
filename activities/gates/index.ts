import { ApplicationFailure } from '@temporalio/common';
import type { CheckKind, Gate, GateKind, GateResult } from '../../contract/catalog/gates.ts';
import { checkAuth } from './auth.ts';
import { checkCommand } from './command.ts';
import type { Check, GateFinding, GateContext } from './gate.ts';
import { hiddenOutput, refusal } from './hidden-outputs.ts';
import { checkHttp } from './http.ts';
import { checkLog } from './log.ts';
import { checkMetric } from './metric.ts';
import { checkQueue } from './queue.ts';
import { checkRunOutput } from './run-output.ts';

type OfKind<Kind extends GateKind> = Extract<Gate, { kind?: Kind | undefined }>;

/** Lists the kinds of gates. A further kind is its schema in contract/catalog/gates.ts, a file here, and a line. */
const checks = {
  http: checkHttp,
  auth: checkAuth,
  queue: checkQueue,
  runOutput: checkRunOutput,
  log: checkLog,
  metric: checkMetric,
  command: checkCommand,
} satisfies { [Kind in GateKind]: Check<OfKind<Kind>> };

const maxReasonLength = 1_000;
const maxSampleLength = 300;
const maxSamples = 20;

/** Selects the gates that run here. The catalog may leave metric gates out where no Prometheus is known. */
export function selectGates(
  gates: readonly Gate[],
  { entry, ports }: GateContext,
): { selected: Gate[]; leftOut: string[] } {
  const isMonitored = ports.metrics.isKnown(entry.settings.metrics?.url);
  const isLeftOut = (gate: Gate) => gate.kind === 'metric' && gate.onlyWhereMonitored === true && !isMonitored;
  return {
    selected: gates.filter((gate) => !isLeftOut(gate)),
    leftOut: gates.filter(isLeftOut).map(({ name }) => name),
  };
}

/** Checks one gate of the catalog. One that needs an output which came here without its secret is not run. */
export async function checkGate(gate: Gate, context: GateContext): Promise<GateResult> {
  const kind = gate.kind ?? 'http';
  return observe(gate.name, kind, context, () => findingOf(gate, context));
}

async function findingOf(gate: Gate, context: GateContext): Promise<GateFinding> {
  const hidden = hiddenOutput(gate, context.outputs);
  return hidden === undefined ? (checks[gate.kind ?? 'http'] as Check<Gate>)(gate, context) : refusal(hidden);
}

/** Runs one check and makes a result of it. An error that kept it from checking is inconclusive (invariant I10). */
export async function observe(
  name: string,
  kind: CheckKind,
  context: Pick<GateContext, 'secrets' | 'progress' | 'signal'>,
  work: () => Promise<GateFinding>,
): Promise<GateResult> {
  const { secrets, progress } = context;
  const startedAt = new Date().toISOString();
  progress({ gate: name, kind });
  const {
    verdict,
    reason,
    samples = [],
    outputs,
  } = await work().catch((error: unknown) => findingOfError(error, context));
  const redacted = (text: string, maxLength: number) => secrets.redact(text).slice(0, maxLength);
  return {
    name,
    kind,
    verdict,
    reason: redacted(reason, maxReasonLength),
    samples: samples.slice(0, maxSamples).map((sample) => redacted(sample, maxSampleLength)),
    startedAt,
    endedAt: new Date().toISOString(),
    ...(outputs && {
      outputs: Object.fromEntries(
        Object.entries(outputs).map(([key, value]) => [key, redacted(value, maxSampleLength)]),
      ),
    }),
  };
}

/** Checks all gates in order. Each knows the outputs of those before it as they are; results hide their secrets. */
export async function checkGates(gates: readonly Gate[], context: GateContext): Promise<GateResult[]> {
  const results: GateResult[] = [];
  let { outputs } = context;
  for (const gate of gates) {
    context.signal.throwIfAborted();
    const current = { ...context, outputs };
    const work = async (): Promise<GateFinding> => {
      const finding = await findingOf(gate, current);
      outputs = { ...outputs, ...finding.outputs };
      return finding;
    };
    results.push(await observe(gate.name, gate.kind ?? 'http', current, work));
  }
  return results;
}

/**
 * Makes a finding of an adapter's final failure. Temporal repeats other errors, unless their text must not get into a
 * history.
 */
function findingOfError(error: unknown, { secrets, signal }: Pick<GateContext, 'secrets' | 'signal'>): GateFinding {
  signal.throwIfAborted();
  const { message, stack } = error instanceof Error ? error : new Error(String(error));
  const text = `${message}\n${stack ?? ''}`;
  const final = error instanceof ApplicationFailure && error.nonRetryable === true;
  if (!final && secrets.redact(text) === text) throw error;
  return { verdict: 'inconclusive', reason: `the gate could not run: ${message}` };
}
