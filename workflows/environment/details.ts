import { describeCommit } from '../../contract/artifact.ts';
import { describeDisabledTraffic, enableCommand } from '../../contract/disabled-traffic.ts';
import { describeDrift } from '../../contract/drift.ts';
import { describeCurrentFreeze, describeNextFreeze, type EnvironmentStatus } from '../../contract/environment.ts';
import { describeHeld } from '../../contract/holds.ts';
import { commitIn } from '../../contract/ledger.ts';
import { describeRecorded, isWhollyVerified } from '../../contract/recorded.ts';
import { describeUnwrittenEntries } from '../../contract/unwritten.ts';
import { utcMoment } from '../../contract/utc-moment.ts';
import { code, foreign, waiting } from '../run/details.ts';

/** Below what Temporal accepts as the current details of a run. */
const maxDetailsLength = 18_000;
const maxShownEntries = 10;

/** Describes an environment as Markdown, for the Temporal UI. */
export function describeEnvironment(status: EnvironmentStatus): string {
  const { service, environment, phase, waitingFor } = status;
  const lines = [
    `## ${foreign(service)} in ${foreign(environment)}: ${phase}`,
    ...describeRuns(status),
    ...describeHolder(status),
    ...describeFreezes(status),
    ...(waitingFor ? [waiting(waitingFor)] : []),
    ...describeUnwritten(status),
    ...section('Queue', describeQueue(status)),
    ...section('On hold', describeHolds(status)),
    ...section('Drift', status.drift ? [foreign(describeDrift(status.drift, service, environment))] : []),
    ...section('Disabled traffic', describeDisabled(status)),
    ...section('Ledger', describeLedger(status)),
    '—',
  ];
  return lines.join('\n\n').slice(0, maxDetailsLength);
}

function section(title: string, items: string[]): string[] {
  return items.length > 0 ? [`### ${title}\n\n${items.map((item) => `- ${item}`).join('\n')}`] : [];
}

/** Says what is recorded, and where that may not be what serves: a workflow cannot ask the platform. */
function describeRuns({ service, environment, runs, holder }: EnvironmentStatus): string[] {
  if (!runs) return [];
  const drift = code(`./slipway drift ${service} --environment ${environment}`);
  const recorded = `Recorded: ${foreign(describeRecorded(runs, utcMoment))}.`;
  if (holder) {
    const who = `${holder.kind} ${foreign(holder.change)}`;
    return [`${recorded} This is from before ${who}, which may have written since: ${drift}`];
  }
  return [runs.certain ? recorded : `${recorded} It is unknown what a later change left: ${drift}`];
}

function describeHolder({ holder }: EnvironmentStatus): string[] {
  if (!holder) return [];
  const { kind, change, owner, since, number } = holder;
  return [`Held by ${kind} ${code(change)} of ${foreign(owner)} since ${utcMoment(since)} (holder number ${number}).`];
}

function describeFreezes({ freeze, nextFreeze }: EnvironmentStatus): string[] {
  return [
    ...(freeze ? [`Frozen ${foreign(describeCurrentFreeze(freeze, utcMoment))}`] : []),
    ...(nextFreeze ? [`Next: ${foreign(describeNextFreeze(nextFreeze, utcMoment))}`] : []),
  ];
}

function describeQueue({ queue }: EnvironmentStatus): string[] {
  return queue.map(({ kind, change, owner, since, reason, waitsFor }) => {
    const why = reason ? `: ${foreign(reason)}` : '';
    const who = `${kind} ${code(change)} of ${foreign(owner)}`;
    return `${who} since ${utcMoment(since)}${why}; waits for ${foreign(waitsFor ?? '')}`;
  });
}

function describeHolds({ holds }: EnvironmentStatus): string[] {
  return holds.map((hold) => foreign(describeHeld(hold, utcMoment)));
}

function describeUnwritten({ unwritten }: EnvironmentStatus): string[] {
  return unwritten ? [foreign(describeUnwrittenEntries(unwritten, utcMoment))] : [];
}

function describeDisabled({ service, environment, disabledTraffic = [] }: EnvironmentStatus): string[] {
  return disabledTraffic.map(
    (one) =>
      `${foreign(describeDisabledTraffic(one, utcMoment))}; ` +
      `enable it: ${code(enableCommand(service, environment, one.switch))}`,
  );
}

function describeLedger({ ledger }: EnvironmentStatus): string[] {
  return ledger
    .slice(-maxShownEntries)
    .reverse()
    .map((entry) => {
      const { at, kind, outcome } = entry;
      const commit = commitIn(entry);
      const what = commit === '' ? kind : `${kind} of ${describeCommit(commit)}`;
      return `${utcMoment(at)} ${foreign(`${what}: ${outcome}`)}${isWhollyVerified(entry) ? ' (verified)' : ''}`;
    });
}
