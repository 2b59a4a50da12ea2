import type { RunOutputGate } from '../../contract/catalog/gates.ts';
import { isSomething, valueAt } from '../json.ts';
import { pollRun } from './poll.ts';
import type { Check } from './gate.ts';

const shownCharacters = 200;

/** Checks that a run's summary has its output in time. An empty output is none. */
export const checkRunOutput: Check<RunOutputGate> = async (gate, context) =>
  pollRun(gate, context, (summary, last) => {
    const output = valueAt(summary, gate.pointer);
    if (isSomething(output)) {
      // Redacted before it is cut: half a secret is one, too.
      const text = context.secrets.redact(JSON.stringify(output)).slice(0, shownCharacters);
      return {
        verdict: 'pass',
        reason: `the summary of ${context.outputs['run'] ?? 'the run'} includes ${gate.pointer}: ${text}`,
      };
    }
    return last
      ? { verdict: 'fail', reason: `${gate.path} has nothing at ${gate.pointer} after ${gate.withinSeconds} s` }
      : undefined;
  });
