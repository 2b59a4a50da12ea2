import { condition, getExternalWorkflowHandle } from '@temporalio/workflow';
import type { Freeze, FrozenMessage } from '../../contract/environment.ts';
import { internalNames } from '../../contract/messages.ts';
import type { ChangeKind } from '../../contract/plan.ts';
import { messageOf } from './ending.ts';
import type { EnvironmentRecord } from './environmentRecord.ts';
import { currentFreeze, type EnvironmentState } from './queue.ts';
import { now } from './record.ts';
import { describeFreeze } from './stopping.ts';

/** A freeze stops these; a rollback passes it, and a migration alone is brought to its end. */
const releasing: readonly string[] = ['deploy', 'promote'] satisfies ChangeKind[];

/** The holder takes back what it has staged and gives way; those who wait look anew at what they wait for. */
export async function tellOfFreeze(state: EnvironmentState, record: EnvironmentRecord): Promise<void> {
  const freeze = currentFreeze(state, now());
  const { holder, told } = state;
  const stops = holder !== null && (releasing.includes(holder.kind) || holder.number === told?.number);
  const hears = stops && (freeze ? freeze.since !== told?.since : holder.number === told?.number);
  if (hears) {
    state.told = freeze && { number: holder.number, since: freeze.since };
    record.note(`${holder.kind} ${holder.change} is told: ${freeze ? describeFreeze(freeze) : 'the freeze is over'}`);
    await signalRun(record, holder.workflowId, internalNames.frozen, { number: holder.number, freeze } satisfies FrozenMessage);
  }
  for (const { workflowId } of state.queue.filter(({ kind }) => kind !== 'rollback')) await signalRun(record, workflowId, internalNames.granted);
}

/** A freeze that ends by itself: those who wait, and the holder that was told of it, hear of that, too. */
export async function watchFreezes(state: EnvironmentState, record: EnvironmentRecord): Promise<never> {
  const ends = (): string | null => (state.watched ? (currentFreeze(state, now())?.until ?? null) : null);
  for (;;) {
    await condition(() => ends() !== null);
    const until = ends();
    if (until === null) continue;
    const changed = await condition(() => state.freeze?.until !== until, Math.max(1, Date.parse(until) - Date.now()), { summary: 'the freeze ends' });
    if (changed) continue;
    await tellOfFreeze(state, record);
    record.publish(state);
  }
}

/** Tells a run; one that is gone is noticed by following it. */
export async function signalRun(record: EnvironmentRecord, workflowId: string, name: string, ...args: unknown[]): Promise<void> {
  await getExternalWorkflowHandle(workflowId)
    .signal(name, ...args)
    .catch((error: unknown) => record.note(`could not tell ${workflowId}: ${messageOf(error)}`));
}

/** In the form of a ledger entry of its own. */
export function freezeDraft(freeze: Freeze | null, by: string, reason: string) {
  return { by, reason, kind: freeze ? ('freeze' as const) : ('unfreeze' as const), outcome: freeze ? describeFreeze(freeze) : `unfrozen by ${by}`, until: freeze?.until };
}
