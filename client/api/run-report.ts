import { ApplicationFailure, CancelledFailure, TerminatedFailure, TimeoutFailure } from '@temporalio/common';
import { WorkflowFailedError, type WorkflowExecutionDescription } from '@temporalio/client';
import type { IncidentStatus } from '../../contract/incident/status.ts';
import type { ChangeStatus, StatusMemo, WaitingFor } from '../../contract/status.ts';
import type { ToldProgress } from '../../contract/told-progress.ts';
import { heartbeatsOf } from './progress.ts';

/**
 * Tells how a closed run ended. `type` is the outcome's name (contract/failures.ts), or `Completed`, `Canceled`,
 * `Terminated`, `TimedOut`.
 */
export interface RunEnd {
  type: string;
  message: string;
  /** What the workflow returned; null for a run that did not complete. */
  result: unknown;
  /** What the failure carries besides its message; absent where it carries nothing. */
  details?: unknown[];
}

/** Describes a run now: from its own query, or else, marked stale, from its memo. */
export interface RunReport extends Partial<Omit<ChangeStatus & IncidentStatus, 'phase' | 'waitingFor'>> {
  workflowId: string;
  runId: string;
  workflowType: string;
  /** Temporal's word: RUNNING, COMPLETED, FAILED, CANCELLED, TERMINATED, TIMED_OUT. */
  execution: string;
  startedAt: string;
  closedAt: string | null;
  link: string | null;
  /** True when no worker answered the query in time. */
  stale: boolean;
  /** When a stale report was last known to be true. */
  asOf: string | null;
  phase: string;
  /** What the work under way told last; null if nothing is, or it has told nothing. */
  progress: ToldProgress | null;
  waitingFor: WaitingFor | StaleWaitingFor | null;
  end: RunEnd | null;
}

/** The part of a wait that the memo keeps. */
export type StaleWaitingFor = Omit<WaitingFor, 'kind'> & { kind: 'unknown' };

const memoField = 'slipway';

interface RunFacts {
  description: WorkflowExecutionDescription;
  /** Null when no worker answered. */
  status: ChangeStatus | null;
  end: RunEnd | null;
  link: string | null;
}

/** Puts a report together from what the server and the run itself say. */
export function buildReport({ description, status, end, link }: RunFacts): RunReport {
  const { workflowId, runId, type, startTime, closeTime } = description;
  const execution = description.status.name;
  const run = {
    workflowId,
    runId,
    workflowType: type,
    execution,
    startedAt: startTime.toISOString(),
    closedAt: closeTime?.toISOString() ?? null,
    link,
    progress: end === null ? toldProgress(description) : null,
    end,
  };
  if (status !== null) return { ...status, ...run, stale: false, asOf: null };
  const memo = memoOf(description.memo);
  return {
    ...run,
    stale: true,
    asOf: memo?.at ?? null,
    phase: memo?.phase ?? 'not begun',
    waitingFor: end === null ? waitingForOf(memo) : null,
  };
}

/** Reads the last heartbeat of the work under way. Telling people goes on beside it, and is none. */
function toldProgress(description: WorkflowExecutionDescription): ToldProgress | null {
  const told = heartbeatsOf(description).filter(({ activity }) => activity !== 'notify');
  return told.map(({ heartbeat }) => heartbeat).find(saysSomething) ?? null;
}

function saysSomething(heartbeat: unknown): heartbeat is ToldProgress {
  return typeof heartbeat === 'object' && heartbeat !== null && Object.keys(heartbeat).length > 0;
}

/** Reads the short status in a memo; undefined when there is none of the right shape. */
export function memoOf(memo: Record<string, unknown> | undefined): StatusMemo | undefined {
  const value = memo?.[memoField];
  return typeof value === 'object' && value !== null && 'phase' in value ? (value as StatusMemo) : undefined;
}

function waitingForOf(memo: StatusMemo | undefined): StaleWaitingFor | null {
  if (!memo?.waitingFor) return null;
  return {
    kind: 'unknown',
    what: memo.waitingFor,
    since: memo.at,
    until: null,
    who: [],
    commands: memo.next ? [memo.next] : [],
  };
}

/** Reads the end of a closed run from the error of its result. */
export function endOfError(error: unknown): RunEnd {
  const cause = error instanceof WorkflowFailedError ? error.cause : error;
  if (cause instanceof ApplicationFailure) {
    const { type, details } = cause;
    return {
      type: type ?? 'Failed',
      message: cause.message,
      result: null,
      ...(details && details.length > 0 && { details }),
    };
  }
  const message = cause instanceof Error ? cause.message : String(cause);
  if (cause instanceof CancelledFailure) return { type: 'Canceled', message, result: null };
  if (cause instanceof TerminatedFailure) return { type: 'Terminated', message, result: null };
  if (cause instanceof TimeoutFailure) return { type: 'TimedOut', message, result: null };
  return { type: 'Failed', message, result: null };
}
