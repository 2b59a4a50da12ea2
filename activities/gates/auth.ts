import type { AuthGate } from '../../contract/catalog/gates.ts';
import type { Check } from './gate.ts';
import { valuesFor } from './placeholders.ts';
import { alwaysRepeat, ask, NoAnswer } from './request.ts';

/**
 * Checks that the request is refused without its header, in the declared way (runbook 004, post-deploy verification,
 * step 2).
 */
export const checkAuth: Check<AuthGate> = async (gate, context) => {
  const { name, method, path, without, status } = gate;
  try {
    // Sent again after a lost answer: a refused request does nothing, and any other fails the gate anyway.
    const answer = await ask(gate, valuesFor(name, context), context, alwaysRepeat);
    const description = `${method} ${path} without ${without} answered ${answer.status}`;
    if (answer.status === status) return { verdict: 'pass', reason: description };
    const meaning = answer.status < 300 ? 'it was let in' : `expected ${status}`;
    return {
      verdict: 'fail',
      reason: `${description}: ${meaning}${answer.status < 300 ? `, expected ${status}` : ''}`,
    };
  } catch (error) {
    if (!(error instanceof NoAnswer)) throw error;
    return { verdict: 'fail', reason: error.message };
  }
};
