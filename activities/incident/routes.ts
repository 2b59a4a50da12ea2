import type { SmokeGate } from '../../contract/catalog/gates.ts';
import { isReading } from '../../contract/is-reading.ts';
import type { Look } from '../../contract/incident/look.ts';
import { verdictOf, type Finding } from '../../contract/verdict.ts';
import type { GateContext } from '../gates/gate.ts';
import { checkGate } from '../gates/index.ts';
import { gateContext } from './gate-context.ts';
import type { LookKind } from './look-kind.ts';
import { Silence, withTimeLimit } from './time-limit.ts';

/** The time of one route, within that of the look. */
const routeLimitMs = 5_000;
/** Placeholders that need no answer of an earlier check. */
const known = ['commit', 'service', 'environment', 'marker'];

interface Route extends Finding {
  name: string;
  milliseconds: number;
}

/** Requests the health check and key routes where users do (runbook 004, incident response checklist, step 2). */
export const routes: LookKind<Extract<Look, { kind: 'routes' }>> = {
  question: (_look, { entry }) => ({
    source: 'the service',
    query: readingGates(entry.settings.smoke)
      .map(({ method, path }) => `${method} ${path}`)
      .join(', '),
    link: null,
    window: null,
  }),

  answer: async (_look, context) => {
    const { settings } = context.entry;
    const gates = readingGates(settings.smoke);
    if (gates.length === 0)
      return { verdict: 'inconclusive', reason: 'no smoke check of the catalog only reads', count: 0, lines: [] };
    const live = await context.ports.targets[settings.target.kind].observe(settings.target);
    if (!live.exists) return { verdict: 'fail', reason: 'there is no service to ask', count: 0, lines: [] };
    const found = await Promise.all(gates.map((gate) => requestRoute(gate, gateContext(live, context))));
    const poor = found.filter(({ verdict }) => verdict !== 'pass');
    return {
      verdict: verdictOf(found),
      reason:
        poor.length === 0
          ? `all ${found.length} routes answer as they should`
          : `${poor.length} of ${found.length} routes do not: ${poor.map(({ reason }) => reason).join('; ')}`,
      count: poor.length,
      lines: found.map(
        ({ name, verdict, reason, milliseconds }) => `${verdict} ${name}: ${reason} (${milliseconds} ms)`,
      ),
    };
  },
};

/** Selects the checks that change nothing and need no answer of another. */
function readingGates(smoke: readonly SmokeGate[]): SmokeGate[] {
  return smoke.filter((gate) => {
    const placeholders = [...gate.path.matchAll(/\{([a-z][-a-z0-9]*)\}/g)].map(([, name = '']) => name);
    return isReading(gate) && placeholders.every((name) => known.includes(name));
  });
}

async function requestRoute(gate: SmokeGate, context: GateContext): Promise<Route> {
  const started = Date.now();
  const finding = await withTimeLimit(routeLimitMs, context.signal, (signal) =>
    checkGate(gate, { ...context, signal }),
  ).catch((error: unknown): Finding => {
    context.signal.throwIfAborted();
    // The service is the source: its silence is the finding.
    if (error instanceof Silence) return { verdict: 'fail', reason: `${gate.method} ${gate.path} ${error.message}` };
    const reason = error instanceof Error ? error.message : String(error);
    return { verdict: 'inconclusive', reason: `${gate.path} could not be asked: ${reason}` };
  });
  const { verdict, reason } = finding;
  return { name: gate.name, verdict, reason, milliseconds: Date.now() - started };
}
