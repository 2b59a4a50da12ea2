import { describeCommit, describeServed } from '../../contract/artifact.ts';
import { platformOf } from '../../contract/catalog/targets/index.ts';
import type { EnvironmentStatus } from '../../contract/environment.ts';
import type { Look } from '../../contract/incident/look.ts';
import { runningRevision, type RunningRevision } from '../../contract/ledger.ts';
import { describeShare, type LiveState, type ServingRevision } from '../../contract/live.ts';
import { describeRecorded } from '../../contract/recorded.ts';
import { utcMoment } from '../../contract/utc-moment.ts';
import { ledgerInTime } from './ledger-in-time.ts';
import type { Answer, LookContext, LookKind } from './look-kind.ts';

/** Compares what serves with what the ledger says: a change by hand is a cause, too. */
export const serving: LookKind<Extract<Look, { kind: 'serving' }>> = {
  question: (_look, { entry }) => ({
    source: `${platformOf(entry.settings.target)} and the ledger`,
    query: '',
    link: null,
    window: null,
  }),

  answer: async (_look, context) => {
    const { target } = context.entry.settings;
    const [live, { running, holder }] = await Promise.all([
      context.ports.targets[target.kind].observe(target),
      recordedState(context),
    ]);
    const lines = [...live.serving.map(shareLine), ...recordedLines({ running, holder })];
    return { ...compare(live, { running, holder }), count: live.serving.length, lines };
  },
};

interface Recorded {
  running: RunningRevision | null;
  /** The change that is under way: what it has done so far is in no ledger. */
  holder: EnvironmentStatus['holder'];
}

/** Asks the environment, and reads the stored ledger if it does not answer. */
async function recordedState({ entry, ports, signal }: LookContext): Promise<Recorded> {
  const { status, ledger } = await ledgerInTime(ports, entry, signal, () => undefined);
  return { running: status ? status.runs : runningRevision(ledger), holder: status?.holder ?? null };
}

function compare(
  { exists, serving: shares }: LiveState,
  { running, holder }: Recorded,
): Pick<Answer, 'verdict' | 'reason'> {
  if (!exists || shares.length === 0) return { verdict: 'fail', reason: 'nothing serves' };
  const what = `serves ${shares.map(describeShare).join(', ')}`;
  const others = shares.filter(({ digest }) => digest !== running?.digest);
  if (holder && others.length > 0)
    return { verdict: 'inconclusive', reason: `${what}; ${describeWork(holder, others)}` };
  if (running === null) return { verdict: 'inconclusive', reason: `${what}; the ledger does not know what should` };
  if (!running.certain)
    return { verdict: 'inconclusive', reason: `${what}; a change could not say what it left: ask for drift` };
  if (others.length === 0)
    return { verdict: 'pass', reason: `${what}, as the ledger says, since ${utcMoment(running.since)}` };
  const { commit, revision } = running;
  return { verdict: 'fail', reason: `${what}, but the ledger says ${describeCommit(commit)} (revision ${revision})` };
}

/** Says what a change under way has to do with what serves beside the ledger. */
function describeWork(
  { kind, change, owner, digest, commit }: NonNullable<Recorded['holder']>,
  others: readonly ServingRevision[],
): string {
  const isItsOwn = others.every((share) => share.digest === digest);
  const work = isItsOwn ? `has brought ${describeCommit(commit)}` : 'may have brought it';
  return `${kind} ${change} of ${owner} holds the environment and ${work}; it is in no ledger until that ends`;
}

function shareLine(share: ServingRevision): string {
  return `serves ${share.percent} %: ${describeServed(share)}`;
}

function recordedLines({ running, holder }: Recorded): string[] {
  return [
    ...(running ? [`ledger: ${describeRecorded(running, utcMoment)}`] : []),
    ...(holder
      ? [`under way: ${holder.kind} ${holder.change} of ${holder.owner} since ${utcMoment(holder.since)}`]
      : []),
  ];
}
