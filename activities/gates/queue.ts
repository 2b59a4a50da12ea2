import type { QueueGate } from '../../contract/catalog/gates.ts';
import { asText, valueAt } from '../json.ts';
import { pollRun } from './poll.ts';
import type { Check, GateFinding } from './gate.ts';

/**
 * Follows one run from state to state to one of its ends. A run that stands still, goes back or leaves a state out
 * fails the gate. One that had ended before the first poll, in a service that does not record its states, is
 * inconclusive.
 */
export const checkQueue: Check<QueueGate> = async (gate, context) => {
  const seenStates: string[] = [];
  return pollRun(gate, context, (summary, last) => {
    const state = asText(valueAt(summary, gate.state));
    if (state === undefined) return { verdict: 'fail', reason: `${gate.path} has no state at ${gate.state}` };
    if (state !== seenStates.at(-1)) seenStates.push(state);
    const way = gate.transitions === undefined ? seenStates : recordedStates(gate, summary);
    const samples = way.map((each) => each.slice(0, 100));
    const description = way.join(' → ') || state;
    if (!isInOrder(way, gate) || !isInOrder(seenStates, gate))
      return { verdict: 'fail', reason: `the run went ${description}, expected ${expected(gate)}`, samples };
    if (gate.ends.includes(state)) return findingAtEnd(gate, way, description, samples);
    return last
      ? {
          verdict: 'fail',
          reason:
            `the run is still ${state} after ${gate.withinSeconds} s (${description}), ` + `expected ${expected(gate)}`,
          samples,
        }
      : undefined;
  });
};

function findingAtEnd(gate: QueueGate, way: string[], description: string, samples: string[]): GateFinding {
  const missing = gate.through.filter((state) => !way.includes(state));
  if (missing.length === 0) return { verdict: 'pass', reason: `the run went ${description}`, samples };
  if (gate.transitions !== undefined)
    return { verdict: 'fail', reason: `the run went ${description}, without ${missing.join(', ')}`, samples };
  if (missing.length < gate.through.length)
    return {
      verdict: 'pass',
      reason: `the run went ${description}; ${missing.join(', ')} passed between two polls`,
      samples,
    };
  return {
    verdict: 'inconclusive',
    reason:
      `the run was ${description} already at the first poll, so no movement was seen: ` +
      'start it just before, or name its transitions',
    samples,
  };
}

/** Says whether every state comes once, in the order of the catalog, with one of the ends last. */
function isInOrder(way: string[], { through, ends }: QueueGate): boolean {
  const ranks = way.map((state) => (ends.includes(state) ? through.length : through.indexOf(state)));
  return ranks.every((rank, index) => rank >= 0 && (index === 0 || rank > (ranks[index - 1] ?? 0)));
}

function recordedStates({ transitions = '', state }: QueueGate, summary: unknown): string[] {
  const list = valueAt(summary, transitions);
  if (!Array.isArray(list)) return [];
  return list.map((entry: unknown) => asText(entry) ?? asText(valueAt(entry, state)) ?? '?');
}

function expected({ through, ends }: QueueGate): string {
  return [...through, ends.join(' or ')].join(' → ');
}
