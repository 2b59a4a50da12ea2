import type { QueueGate } from '../../contract/catalog/gates.ts';
import { asText, valueAt } from './json.ts';
import { pollRun } from './poll.ts';
import type { Check, GateFinding } from './gate.ts';

/**
 * Follows one run from state to state to one of its ends. A run that stands still, goes back or leaves a state out
 * fails the gate. One that had ended before anybody looked, in a service that does not record the way, shows no
 * movement: inconclusive.
 */
export const checkQueue: Check<QueueGate> = async (gate, context) => {
  const seen: string[] = [];
  return pollRun(gate, context, (summary, last) => {
    const state = asText(valueAt(summary, gate.state));
    if (state === undefined) return { verdict: 'fail', reason: `${gate.path} has no state at ${gate.state}` };
    if (state !== seen.at(-1)) seen.push(state);
    const way = gate.transitions === undefined ? seen : recorded(gate, summary);
    const samples = way.map((each) => each.slice(0, 100));
    const said = way.join(' → ') || state;
    if (!isInOrder(way, gate) || !isInOrder(seen, gate))
      return { verdict: 'fail', reason: `the run went ${said}, expected ${expected(gate)}`, samples };
    if (gate.ends.includes(state)) return ended(gate, way, said, samples);
    return last
      ? {
          verdict: 'fail',
          reason: `the run is still ${state} after ${gate.withinSeconds} s (${said}), expected ${expected(gate)}`,
          samples,
        }
      : undefined;
  });
};

function ended(gate: QueueGate, way: string[], said: string, samples: string[]): GateFinding {
  const missing = gate.through.filter((state) => !way.includes(state));
  if (missing.length === 0) return { verdict: 'pass', reason: `the run went ${said}`, samples };
  if (gate.transitions !== undefined)
    return { verdict: 'fail', reason: `the run went ${said}, without ${missing.join(', ')}`, samples };
  if (missing.length < gate.through.length)
    return { verdict: 'pass', reason: `the run went ${said}; ${missing.join(', ')} passed between two looks`, samples };
  return {
    verdict: 'inconclusive',
    reason: `the run was ${said} at the first look, so no movement was seen: start it just before, or name where its transitions are`,
    samples,
  };
}

/** Every state once, in the order of the catalog; the ends come last, and only one of them. */
function isInOrder(way: string[], { through, ends }: QueueGate): boolean {
  const ranks = way.map((state) => (ends.includes(state) ? through.length : through.indexOf(state)));
  return ranks.every((rank, index) => rank >= 0 && (index === 0 || rank > (ranks[index - 1] ?? 0)));
}

function recorded({ transitions = '', state }: QueueGate, summary: unknown): string[] {
  const list = valueAt(summary, transitions);
  if (!Array.isArray(list)) return [];
  return list.map((entry: unknown) => asText(entry) ?? asText(valueAt(entry, state)) ?? '?');
}

function expected({ through, ends }: QueueGate): string {
  return [...through, ends.join(' or ')].join(' → ');
}
