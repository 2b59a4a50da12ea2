import { condition, getExternalWorkflowHandle } from '@temporalio/workflow';
import type { Freeze, FrozenMessage, FrozenTime } from '../../contract/environment.ts';
import { internalNames } from '../../contract/messages.ts';
import type { ChangeKind } from '../../contract/plan.ts';
import { reading } from './activities.ts';
import { isExpected, messageOf } from './ending.ts';
import type { EnvironmentRecord } from './environmentRecord.ts';
import { currentFreeze, isBefore, type EnvironmentState } from './queue.ts';
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

/** Freezes that begin and end by themselves: those who wait, and the holder, hear of that, too. */
export async function watchFreezes(state: EnvironmentState, record: EnvironmentRecord): Promise<never> {
  const known = (): string => JSON.stringify([state.watched, state.freeze?.until, state.window]);
  for (;;) {
    await condition(() => boundaryOf(state) !== null);
    const seen = known();
    const boundary = Date.parse(boundaryOf(state) ?? '');
    if (Number.isNaN(boundary)) continue;
    const changed = await condition(() => known() !== seen, Math.max(1, boundary - Date.now()), { summary: 'a freeze begins or ends' });
    if (changed) continue;
    if (state.window && !isBefore(now(), state.window.until)) await lookUpWindow(state, record);
    await tellOfFreeze(state, record);
    record.publish(state);
  }
}

/** When the next freeze begins or ends by itself; null where nothing is known to. */
function boundaryOf(state: EnvironmentState): string | null {
  if (!state.watched) return null;
  const at = now();
  const { freeze, window } = state;
  const moments = [freeze?.until, window?.since, window?.until].filter((moment): moment is string => typeof moment === 'string' && isBefore(at, moment));
  return moments.sort((a, b) => Date.parse(a) - Date.parse(b))[0] ?? null;
}

/** The catalog's window that is on, or the next one. Where nobody can say, the one that is known counts until the next change joins. */
export async function lookUpWindow(state: EnvironmentState, record: EnvironmentRecord): Promise<void> {
  const { service, environment } = record.place;
  // By our own clock it is over: another machine's may be behind.
  const past = state.window && !isBefore(now(), state.window.until) ? state.window.until : null;
  try {
    const { window, windows } = await reading('freeze windows of the catalog').nextFreeze({ service, environment, after: past ?? state.windowEnded ?? null });
    Object.assign(state, { window, windows, watched: true });
  } catch (error) {
    if (!isExpected(error)) throw error;
    state.windows = undefined;
    record.note(`the freeze windows of the catalog are not known: ${messageOf(error)}`);
  }
}

/** Tells a run; one that is gone is noticed by following it. */
export async function signalRun(record: EnvironmentRecord, workflowId: string, name: string, ...args: unknown[]): Promise<void> {
  await getExternalWorkflowHandle(workflowId)
    .signal(name, ...args)
    .catch((error: unknown) => record.note(`could not tell ${workflowId}: ${messageOf(error)}`));
}

/** In the form of ledger entries of their own. */
export function freezeDraft({ by, reason, until }: Freeze) {
  return { by, reason, kind: 'freeze' as const, outcome: describeFreeze({ by, reason, until, since: '' }), until };
}

/** `window` is the occurrence of a window that it ends; without one it ends a person's freeze. */
export function unfreezeDraft({ by, reason }: { by: string; reason: string }, window: FrozenTime | null) {
  return { by, reason, kind: 'unfreeze' as const, outcome: window ? `${window.name} ended early by ${by}` : `unfrozen by ${by}`, ...(window && { until: window.until }) };
}
