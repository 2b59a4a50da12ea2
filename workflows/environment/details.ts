import { shortDigest } from '../../contract/artifact.ts';
import { describeDisabledTraffic, enableCommand } from '../../contract/disabled-traffic.ts';
import { describeDrift } from '../../contract/drift.ts';
import { freezerOf, type EnvironmentStatus } from '../../contract/environment.ts';
import { commitIn } from '../../contract/ledger.ts';
import { utcMoment } from '../../contract/utc-moment.ts';
import { waiting } from '../run/details.ts';

/** Below what Temporal accepts as the current details of a run. */
const maxDetailsLength = 18_000;
const maxShownEntries = 10;

/** Describes an environment as Markdown, for the Temporal UI. */
export function describeEnvironment(status: EnvironmentStatus): string {
  const { service, environment, phase, waitingFor } = status;
  const lines = [
    `## ${service} in ${environment}: ${phase}`,
    ...describeRuns(status),
    ...describeHolder(status),
    ...describeFreezes(status),
    ...(waitingFor ? [waiting(waitingFor)] : []),
    ...section('Queue', describeQueue(status)),
    ...section('On hold', describeHolds(status)),
    ...section('Drift', status.drift ? [describeDrift(status.drift, service, environment)] : []),
    ...section('Disabled traffic', describeDisabled(status)),
    ...section('Ledger', describeLedger(status)),
    '—',
  ];
  return lines.join('\n\n').slice(0, maxDetailsLength);
}

function section(title: string, items: string[]): string[] {
  return items.length > 0 ? [`### ${title}\n\n${items.map((item) => `- ${item}`).join('\n')}`] : [];
}

function describeRuns({ runs }: EnvironmentStatus): string[] {
  if (!runs) return [];
  const { revision, commit, digest, since, by, change, certain } = runs;
  const what = `Runs \`${revision}\`, commit \`${commit}\`, digest \`${shortDigest(digest)}\``;
  const doubt = certain ? '' : '; it is unknown what a later change left: run ./slipway drift';
  return [`${what}, since ${utcMoment(since)} by ${by} (change \`${change}\`)${doubt}.`];
}

function describeHolder({ holder }: EnvironmentStatus): string[] {
  if (!holder) return [];
  const { kind, change, owner, since, number } = holder;
  return [`Held by ${kind} \`${change}\` of ${owner} since ${utcMoment(since)} (holder number ${number}).`];
}

function describeFreezes({ freeze, nextFreeze }: EnvironmentStatus): string[] {
  const next =
    nextFreeze && `${nextFreeze.name} from ${utcMoment(nextFreeze.since)} until ${utcMoment(nextFreeze.until)}`;
  return [
    ...(freeze ? [`Frozen by ${freezerOf(freeze)} since ${utcMoment(freeze.since)}: ${freeze.reason}`] : []),
    ...(nextFreeze ? [`Next freeze: ${next}: ${nextFreeze.reason}`] : []),
  ];
}

function describeQueue({ queue }: EnvironmentStatus): string[] {
  return queue.map(({ kind, change, owner, since, reason, waitsFor }) => {
    const why = reason ? `: ${reason}` : '';
    return `${kind} \`${change}\` of ${owner} since ${utcMoment(since)}${why}; waits for ${waitsFor}`;
  });
}

function describeHolds({ holds }: EnvironmentStatus): string[] {
  return holds.map(({ digest, reason, since }) => `\`${shortDigest(digest)}\` since ${utcMoment(since)}: ${reason}`);
}

function describeDisabled({ service, environment, disabledTraffic = [] }: EnvironmentStatus): string[] {
  return disabledTraffic.map(
    (one) => `${describeDisabledTraffic(one)}; enable it: \`${enableCommand(service, environment, one.switch)}\``,
  );
}

function describeLedger({ ledger }: EnvironmentStatus): string[] {
  return ledger
    .slice(-maxShownEntries)
    .reverse()
    .map((entry) => {
      const { at, kind, outcome } = entry;
      const mark = 'verified' in entry && entry.verified ? ' (verified)' : '';
      return `${utcMoment(at)} ${kind} \`${commitIn(entry).slice(0, 12)}\`: ${outcome}${mark}`;
    });
}
