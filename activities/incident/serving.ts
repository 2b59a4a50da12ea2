import { platformOf } from '../../contract/catalog/targets/index.ts';
import type { Look } from '../../contract/incident/look.ts';
import { runningRevision, type RunningRevision } from '../../contract/ledger.ts';
import type { LiveState } from '../../contract/live.ts';
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
    const [live, running] = await Promise.all([
      context.ports.targets[target.kind].observe(target),
      runningByLedger(context),
    ]);
    return { ...compare(live, running), count: live.serving.length, lines: linesOf(live, running) };
  },
};

/** Asks the environment, and reads the stored ledger if it does not answer. */
async function runningByLedger({ entry, ports, signal }: LookContext): Promise<RunningRevision | null> {
  const { status, ledger } = await ledgerInTime(ports, entry, signal, () => undefined);
  return status ? status.runs : runningRevision(ledger);
}

function compare(
  { exists, serving: shares }: LiveState,
  running: RunningRevision | null,
): Pick<Answer, 'verdict' | 'reason'> {
  if (!exists || shares.length === 0) return { verdict: 'fail', reason: 'nothing serves' };
  const what = shares.map(({ revision, percent }) => `${revision} (${percent} %)`).join(', ');
  if (running === null)
    return { verdict: 'inconclusive', reason: `${what} serves; the ledger does not know what should` };
  if (!running.certain)
    return { verdict: 'inconclusive', reason: `${what} serves; a change could not say what it left: ask for drift` };
  const others = shares.filter(({ digest }) => digest !== running.digest);
  if (others.length === 0)
    return { verdict: 'pass', reason: `${what} serves, as the ledger says, since ${utcMoment(running.since)}` };
  return {
    verdict: 'fail',
    reason: `${others.map(({ revision }) => revision).join(', ')} serves, but the ledger says ${running.revision}`,
  };
}

function linesOf({ serving: shares }: LiveState, running: RunningRevision | null): string[] {
  const platform = shares.map(
    ({ revision, digest, commit, percent }) =>
      `serves ${percent} %: ${revision} ${digest} commit ${commit || 'unknown'}`,
  );
  if (running === null) return platform;
  const { revision, digest, commit, since, by } = running;
  return [...platform, `ledger: ${revision} ${digest} commit ${commit} since ${since}, by ${by}`];
}
