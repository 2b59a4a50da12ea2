import { upsertMemo, upsertSearchAttributes } from '@temporalio/workflow';
import { defineSearchAttributeKey } from '@temporalio/common';
import type { SearchAttributeName } from '../../contract/search-attributes.ts';
import type { StatusMemo, WaitingFor } from '../../contract/status.ts';
import { oursFirst } from './commands.ts';
import { now } from './journal.ts';

const maxOutcomeLength = 300;

/** Publishes the short form of a status in the memo, which can be read while no worker lives. */
export function publishMemo<AnyPhase extends string>(
  phase: AnyPhase,
  waitingFor: WaitingFor | null,
  outcome: string | null = null,
): void {
  const memo: StatusMemo<AnyPhase> = {
    phase,
    waitingFor: waitingFor?.what ?? '',
    next: oursFirst(waitingFor?.commands ?? [])[0] ?? '',
    at: now(),
    ...(outcome !== null && { outcome: outcome.slice(0, maxOutcomeLength) }),
  };
  upsertMemo({ slipway: memo });
}

/**
 * Publishes those search attributes that the server knows, since another one fails the task; answers which these are.
 * One upsert for all: each is an event.
 */
export function publishAttributes(
  values: Partial<Record<SearchAttributeName, string>>,
  knownAttributes: readonly string[],
): Record<string, string> {
  const shown = Object.entries(values).filter(([name]) => knownAttributes.includes(name));
  if (shown.length > 0)
    upsertSearchAttributes(shown.map(([name, value]) => ({ key: defineSearchAttributeKey(name, 'KEYWORD'), value })));
  return Object.fromEntries(shown);
}
