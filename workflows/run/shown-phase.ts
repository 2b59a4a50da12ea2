import type { Phase, RunStatus, StepStatus } from '../../contract/status.ts';

/**
 * Answers the phase that people see. A phase is published with what its first step has found, since each publication
 * is an event; the steps know earlier that it has begun.
 */
export function shownPhase({ phase, steps }: Pick<RunStatus, 'phase' | 'steps'>): Phase {
  if (phase === 'starting' && stateOf(steps, 'preflight') !== 'pending') return 'preflight';
  return phase === 'queued' && stateOf(steps, 'queue') === 'passed' ? 'entering' : phase;
}

function stateOf(steps: readonly StepStatus[], wanted: string): StepStatus['state'] {
  return steps.find(({ name }) => name === wanted)?.state ?? 'pending';
}
