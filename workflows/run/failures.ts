import { ActivityFailure, ApplicationFailure, ChildWorkflowFailure, isCancellation } from '@temporalio/workflow';
import { outcomeTypes, type OutcomeType } from '../../contract/failures.ts';

/** Ends a run with an outcome that the Temporal list shows. */
export function ending(
  type: OutcomeType,
  message: string,
  cause?: unknown,
  details: unknown[] = [],
): ApplicationFailure {
  return ApplicationFailure.create({
    type,
    message,
    nonRetryable: true,
    details,
    cause: cause instanceof Error ? cause : undefined,
  });
}

/** A gate's no, found by the workflow itself. */
export function finalAnswer(message: string): ApplicationFailure {
  return ApplicationFailure.create({ type: 'GateFailed', message, nonRetryable: true });
}

/** Neither yes nor no: a person decides (invariant I10). */
export function unknownOutcome(message: string): ApplicationFailure {
  return ApplicationFailure.create({ type: 'Unknown', message, nonRetryable: true });
}

/** The application failure inside an activity's failure, or the error itself where it is one. */
export function applicationFailure(error: unknown): ApplicationFailure | undefined {
  if (error instanceof ApplicationFailure) return error;
  return error instanceof ActivityFailure && error.cause instanceof ApplicationFailure ? error.cause : undefined;
}

/** Takes the failure of a child run out of its envelope. */
export function childFailure(error: unknown): unknown {
  return error instanceof ChildWorkflowFailure ? (error.cause ?? error) : error;
}

/** Asks for the type of a failure, however deep the activity's envelope is. */
export function isFailure(error: unknown, ...types: string[]): boolean {
  const type = applicationFailure(error)?.type;
  return typeof type === 'string' && types.includes(type);
}

/** Takes an outcome that an activity decided out of its envelope: the list of runs shows the outermost type. */
export function asOutcome(error: unknown): never {
  throw isOutcome(error) ? applicationFailure(error) : error;
}

/** An outcome was decided; nothing more is to be tried. */
export function isOutcome(error: unknown): boolean {
  return isFailure(error, ...outcomeTypes);
}

/** These ends are decided elsewhere: neither their message nor a log says why anything fails. */
const decided = ['Preempted', 'Frozen', 'Drifted', 'StaleFence', 'Superseded', 'OnHold', 'Rejected', 'Expired'];

/** Says whether a failure is the decision of people or of the environment, and has no cause to be looked for. */
export function isDecided(error: unknown): boolean {
  return isFailure(error, ...decided);
}

/** Lists what a refused write would have overwritten of somebody else's; empty for every other failure. */
export function contestedBy(error: unknown): string[] {
  const [lines] = isFailure(error, 'Contested') ? (applicationFailure(error)?.details ?? []) : [];
  return Array.isArray(lines) ? lines.map(String) : [];
}

/** The platform or a gate gave its final answer: it is no, and asking again does not change it. */
export function isFinalAnswer(error: unknown): boolean {
  return isFailure(error, 'StaleFence', 'Drifted', 'GateFailed', 'BadRequest', 'Missing') || isOutcome(error);
}

/** The message for a person: the innermost reason, not "Activity task failed". */
export function messageOf(error: unknown): string {
  if (isCancellation(error)) return 'cancelled';
  const known = applicationFailure(error);
  if (known) return known.message;
  if (error instanceof ActivityFailure && error.cause) return error.cause.message;
  return error instanceof Error ? error.message : String(error);
}

/**
 * Whether a failure is one that the code expects: what an activity ended with, or what we made ourselves. Anything else
 * is a defect and must not be swallowed. A local activity ends without an envelope around its failure.
 */
export function isExpected(error: unknown): boolean {
  return isCancellation(error) || error instanceof ActivityFailure || error instanceof ApplicationFailure;
}
