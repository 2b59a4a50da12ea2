import { condition, getExternalWorkflowHandle, patched } from '@temporalio/workflow';
import type { Freeze, FrozenMessage, FrozenTime } from '../../contract/environment.ts';
import { internalNames } from '../../contract/messages.ts';
import type { ChangeKind } from '../../contract/plan.ts';
import { reading } from '../run/activities.ts';
import { isExpected, messageOf } from '../run/failures.ts';
import type { EnvironmentRecord } from './record.ts';
import { refusal } from '../run/messages.ts';
import { currentFreeze, isBefore, type EnvironmentState } from './queue.ts';
import { now } from '../run/record.ts';
import { describeFreeze } from '../lease/interruption.ts';

/** A freeze stops these; a rollback passes it, and a migration alone is brought to its end. */
const releasing: readonly string[] = ['deploy', 'promote'] satisfies ChangeKind[];

/** What the ledger is told; the keeper of the environment writes it. */
type Write = (draft: ReturnType<typeof freezeDraft> | ReturnType<typeof unfreezeDraft>) => Promise<void>;

/**
 * Freezes of one environment: those of people, and the windows of the catalog. Who has to know hears of them, and the
 * ledger keeps them.
 */
export class EnvironmentFreezes {
  private readonly record: EnvironmentRecord;
  private readonly write: Write;

  constructor(record: EnvironmentRecord, write: Write) {
    this.record = record;
    this.write = write;
  }

  /** Who froze and unfroze stands in the ledger, from which a fresh environment knows it again. */
  async freeze(state: EnvironmentState, freeze: Freeze): Promise<void> {
    state.freeze = freeze;
    state.watched ??= patched('runs-hear-of-freezes');
    if (!state.watched) return;
    await tellOfFreeze(state, this.record);
    await this.write(freezeDraft(freeze));
  }

  /** Ends what is on: a person's freeze, else this occurrence of a window. Answers what still freezes it. */
  async unfreeze(state: EnvironmentState, said: { by: string; reason: string }): Promise<string> {
    const current = currentFreeze(state, now());
    if (!current)
      throw refusal(
        state.window
          ? `it is not frozen; the next window is ${state.window.name}, from ${state.window.since}`
          : 'it is not frozen',
      );
    const window = current === state.freeze ? null : (state.window ?? null);
    if (!window) state.freeze = null;
    else await this.endWindow(state, window);
    state.watched ??= patched('runs-hear-of-freezes');
    if (!state.watched) return '';
    await tellOfFreeze(state, this.record);
    await this.write(unfreezeDraft(said, window));
    const still = currentFreeze(state, now());
    return still ? `; still ${describeFreeze(still)}: unfreeze once more to end that, too` : '';
  }

  /** The catalog was edited, or is read for the first time. */
  async windowsAnew(state: EnvironmentState): Promise<void> {
    await lookUpWindow(state, this.record);
    await tellOfFreeze(state, this.record);
  }

  private async endWindow(state: EnvironmentState, { until }: FrozenTime): Promise<void> {
    Object.assign(state, { windowEnded: until, window: null });
    await lookUpWindow(state, this.record);
  }
}

/** The holder takes back what it has staged and gives way; those who wait look anew at what they wait for. */
async function tellOfFreeze(state: EnvironmentState, record: EnvironmentRecord): Promise<void> {
  const freeze = currentFreeze(state, now());
  const { holder, told } = state;
  const stops = holder !== null && (releasing.includes(holder.kind) || holder.number === told?.number);
  const hears = stops && (freeze ? freeze.since !== told?.since : holder.number === told?.number);
  if (hears) {
    state.told = freeze && { number: holder.number, since: freeze.since };
    record.note(`${holder.kind} ${holder.change} is told: ${freeze ? describeFreeze(freeze) : 'the freeze is over'}`);
    await signalRun(record, holder.workflowId, internalNames.frozen, {
      number: holder.number,
      freeze,
    } satisfies FrozenMessage);
  }
  for (const { workflowId } of state.queue.filter(({ kind }) => kind !== 'rollback'))
    await signalRun(record, workflowId, internalNames.granted);
}

/** Freezes that begin and end by themselves: those who wait, and the holder, hear of that, too. */
export async function watchFreezes(state: EnvironmentState, record: EnvironmentRecord): Promise<never> {
  const known = (): string => JSON.stringify([state.watched, state.freeze?.until, state.window]);
  for (;;) {
    await condition(() => boundaryOf(state) !== null);
    const seen = known();
    const boundary = Date.parse(boundaryOf(state) ?? '');
    if (Number.isNaN(boundary)) continue;
    const changed = await condition(() => known() !== seen, Math.max(1, boundary - Date.now()), {
      summary: 'a freeze begins or ends',
    });
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
  const moments = [freeze?.until, window?.since, window?.until].filter(
    (moment): moment is string => typeof moment === 'string' && isBefore(at, moment),
  );
  return moments.sort((a, b) => Date.parse(a) - Date.parse(b))[0] ?? null;
}

/**
 * The catalog's window that is on, or the next one. Where nobody can say, the one that is known counts until the next
 * change joins.
 */
async function lookUpWindow(state: EnvironmentState, record: EnvironmentRecord): Promise<void> {
  const { service, environment } = record.place;
  // By our own clock it is over: another machine's may be behind.
  const past = state.window && !isBefore(now(), state.window.until) ? state.window.until : null;
  try {
    const { window, windows } = await reading('freeze windows of the catalog').nextFreeze({
      service,
      environment,
      after: past ?? state.windowEnded ?? null,
    });
    Object.assign(state, { window, windows, watched: true });
  } catch (error) {
    if (!isExpected(error)) throw error;
    state.windows = undefined;
    record.note(`the freeze windows of the catalog are not known: ${messageOf(error)}`);
  }
}

/** Tells a run; one that is gone is noticed by following it. */
export async function signalRun(
  record: EnvironmentRecord,
  workflowId: string,
  name: string,
  ...args: unknown[]
): Promise<void> {
  await getExternalWorkflowHandle(workflowId)
    .signal(name, ...args)
    .catch((error: unknown) => record.note(`could not tell ${workflowId}: ${messageOf(error)}`));
}

/** In the form of ledger entries of their own. */
function freezeDraft({ by, reason, until }: Freeze) {
  return { by, reason, kind: 'freeze' as const, outcome: describeFreeze({ by, reason, until, since: '' }), until };
}

/** `window` is the occurrence of a window that it ends; without one it ends a person's freeze. */
function unfreezeDraft({ by, reason }: { by: string; reason: string }, window: FrozenTime | null) {
  return {
    by,
    reason,
    kind: 'unfreeze' as const,
    outcome: window ? `${window.name} ended early by ${by}` : `unfrozen by ${by}`,
    ...(window && { until: window.until }),
  };
}
