import { condition, workflowInfo } from '@temporalio/workflow';
import { bellNames, callerBell, type CallerBell } from '../../contract/bells.ts';
import {
  maxSuspects,
  type IncidentStatus,
  type MitigationState,
  type Suspect,
} from '../../contract/incident/status.ts';
import { describeBroken, type BrokenChange } from '../../contract/step-back.ts';
import { verifying } from '../run/activities.ts';
import { ending, isExpected, messageOf } from '../run/failures.ts';
import { onBell, refusal } from '../run/messages.ts';
import type { Run } from '../run/run.ts';
import type { Incident } from './incident-run.ts';

/** Points of a change whose own gate has failed while users had it: no sum of the ranking's rules is as high. */
const ownGate = 100;
/** The most that are kept; the first ones are the cause. */
const maxChanges = 20;

/**
 * Asks the change that has opened the incident what became of it: the start argument of a run is anybody's word. One
 * that denies it ends the incident; one that does not answer is said, and the incident goes on.
 */
export async function believeChange(incident: Incident): Promise<void> {
  const { alerts, openedByChange: caller, isOpenedByPerson, openedWith, run } = incident;
  if (caller === null) return;
  const answer = await ask(incident, caller).catch((error: unknown) => {
    if (!isExpected(error)) throw error;
    run.record.note(`${caller.workflowId} could not be asked what became of it: ${messageOf(error)}`);
    return null;
  });
  if (answer === null) return;
  if (!('refused' in answer)) return takeIn(incident, answer);
  // Another change may have joined meanwhile, and that one is borne out.
  const isBorneOut = run.record.status.brokenChanges.length > 0 || !alerts.isEmpty;
  if (!isOpenedByPerson && !isBorneOut && openedWith.length === 0) {
    alerts.close();
    throw ending('Rejected', `${answer.refused}; nobody was called`);
  }
  run.record.note(`not believed: ${answer.refused}`);
}

/** Hears of further changes that were taken back. `opened` is null until the input was looked at. */
export function listenToChanges(run: Run<IncidentStatus>, opened: () => Incident | null): void {
  onBell(run.record, bellNames.steppedBack, callerBell, async (caller) => {
    // The change joins an incident that another one has opened a moment ago.
    await condition(() => opened() !== null || run.record.status.outcome !== null);
    const incident = opened();
    if (!incident) throw refusal('the incident is over');
    const answer = await ask(incident, caller);
    if ('refused' in answer) throw refusal(answer.refused);
    // The same bell once more, such as after a lost answer, is no other change.
    if (run.record.status.brokenChanges.some(({ change }) => change === answer.change)) return;
    // Its bell has arrived, so it opens no other: the next incident is its own.
    if (incident.alerts.isClosed) {
      incident.lateChanges.push(answer);
      return run.record.note(`${describeBroken(answer)} was taken back, too late for this incident`);
    }
    takeIn(incident, answer);
    incident.notifier.tellChange(incident);
    incident.inbox.put({ kind: 'look', why: `${describeBroken(answer)} was taken back, too` });
  });
}

/** Puts changes whose own gates have failed before all other suspects. */
export function withBrokenChanges(found: readonly Suspect[], broken: readonly BrokenChange[]): Suspect[] {
  const own = broken.toReversed().map(suspectOf);
  const others = found.filter(({ change }) => change === '' || own.every((one) => one.change !== change));
  return [...own, ...others].slice(0, maxSuspects);
}

async function ask({ entry }: Incident, caller: CallerBell): Promise<BrokenChange | { refused: string }> {
  const { service, environment } = entry;
  const { taskQueue } = workflowInfo();
  return verifying('ask the change').askBrokenChange({ service, environment, taskQueue, caller });
}

/** Takes over what a change has said: the first one is why the incident lives. */
function takeIn({ openedByChange, run: { record } }: Incident, broken: BrokenChange): void {
  const { status } = record;
  const { brokenChanges, mitigations } = status;
  if (brokenChanges.some(({ change }) => change === broken.change) || brokenChanges.length >= maxChanges) return;
  const { gate, restore, shiftedAt, why } = broken.stepBack;
  const isFirst = openedByChange?.workflowId === broken.workflowId && brokenChanges.length === 0;
  if (isFirst) {
    const end = restore.succeeded ? 'and was taken back' : 'and could not be taken back';
    status.title = `${describeBroken(broken)} failed in ${gate} ${end}`.slice(0, 200);
    status.onset = shiftedAt ?? restore.startedAt;
    // Users are back on what was good before: nobody has to be woken, and others may release.
    status.severity = restore.succeeded ? 'SEV-3' : 'SEV-2';
  } else if (!restore.succeeded && status.severity === 'SEV-3') status.severity = 'SEV-2';
  brokenChanges.push(broken);
  mitigations.push(restoreOf(broken));
  status.suspects = withBrokenChanges(status.suspects, brokenChanges);
  record.note(`${describeBroken(broken)} failed in ${gate}: ${why}`);
  record.note(`its restore ${restore.succeeded ? 'succeeded' : 'did not succeed'}: ${restore.outcome}`);
  record.describe();
}

function restoreOf({
  change,
  firstExecutionRunId,
  kind,
  workflowId,
  stepBack: { restore },
}: BrokenChange): MitigationState {
  return { name: 'restore', by: `${kind} ${change}`, workflowId, firstExecutionRunId, ...restore };
}

function suspectOf(broken: BrokenChange): Suspect {
  const { by, change, commit, commits, stepBack } = broken;
  const { gate, restore, shiftedAt, why } = stepBack;
  const reasons = [
    `+${ownGate} its own ${gate} failed while users had it: ${why}`,
    restore.succeeded ? `it took itself back: ${restore.outcome}` : `it could not take itself back: ${restore.outcome}`,
  ];
  const what = `${describeBroken(broken)} by ${by}`;
  return { change, what, at: shiftedAt ?? restore.startedAt, commit, score: ownGate, reasons, commits };
}
