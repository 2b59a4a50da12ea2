import type { GateReport } from '../../../activities/gates/activities.ts';
import type { CatalogEntry } from '../../../contract/catalog/catalog.ts';
import { isReading, type GateResult } from '../../../contract/catalog/gates.ts';
import type { Verdict } from '../../../contract/verdict.ts';
import { following, writing } from '../../run/activities.ts';
import type { Change } from '../change.ts';
import { finalAnswer, unknownOutcome } from '../../run/failures.ts';
import { now } from '../../run/record.ts';
import { step } from '../../run/step.ts';

/**
 * The first look of the catalog at a URL. A no is final; no answer at all is, too. While writes are frozen, only what
 * reads is asked.
 */
export async function smoke(
  change: Change,
  name: 'smoke-candidate' | 'smoke-live' | 'verify-writes',
  url: string,
  { readsOnly = false } = {},
): Promise<void> {
  change.record.enter('smoke');
  const { artifact, id } = change;
  const entry = readsOnly ? reads(change.entry) : change.entry;
  if (entry.settings.smoke.length === 0) return;
  await judged(change, name, 'the smoke', (round) =>
    writing(`smoke ${url}`).smoke({ entry, url, artifact, change: id, attemptKey: `${name}${round}` }),
  );
}

/** Neither what writes, nor what asks for something that only a writing check would have kept. */
function reads(entry: CatalogEntry): CatalogEntry {
  const kept = entry.settings.smoke.flatMap((check) =>
    check.kind !== 'auth' && !isReading(check) && check.output ? [`{${check.output.as}}`] : [],
  );
  const smoke = entry.settings.smoke.filter(
    (check) => isReading(check) && !kept.some((value) => JSON.stringify(check).includes(value)),
  );
  return { ...entry, settings: { ...entry.settings, smoke } };
}

/** Watches the gates for as long as the service says. */
export async function bake(change: Change, revision: string, url: string, shiftedAt: string): Promise<void> {
  change.record.enter('baking');
  const { entry, artifact, id } = change;
  const watch = (round: number) =>
    following(`bake ${entry.settings.bake.seconds} s`).bake({
      entry,
      artifact,
      change: id,
      revision,
      previous: servedBefore(change),
      url,
      shiftedAt,
      beganAt: now(),
      attemptKey: `bake${round}`,
    });
  await judged(change, 'bake', 'the bake', watch, { skipped: () => [] });
}

/** Post-deploy verification, where the catalog has one (runbook 004): it looks at what users get by now. */
export async function verify(change: Change, revision: string, url: string, shiftedAt: string): Promise<void> {
  if (!change.entry.settings.verification) return;
  change.record.enter('verifying');
  const { entry, artifact, id } = change;
  const look = (round: number) =>
    following(`verify ${url}`).verify({
      entry,
      artifact,
      change: id,
      attemptKey: `verify${round}`,
      url,
      revision,
      previous: servedBefore(change),
      shiftedAt,
      outputs: change.kept,
    });
  await judged(change, 'verify', 'the verification', look, { skipped: () => [] });
}

/** What the new revision is compared with; a split has no one revision. */
function servedBefore({ snapshot }: Change): string | null {
  const [only, ...others] = snapshot.live.serving.filter(({ percent }) => percent > 0);
  return others.length === 0 ? (only?.revision ?? null) : null;
}

/**
 * One step of gates: each is shown with its reason; a fail ends the step, inconclusive parks it: it is no pass
 * (invariant I10).
 */
async function judged(
  change: Change,
  name: string,
  what: string,
  look: (round: number) => Promise<GateReport | EarlierSmoke>,
  options: { skipped?: () => GateResult[] } = {},
): Promise<void> {
  await step(
    change,
    name,
    async () => {
      // Not the attempt: a change that gave way to a freeze comes here again, and must not take an earlier
      // candidate's run for its own.
      const { verdict, gates, leftOut = [] } = known(await look(change.record.attemptsOf(name)));
      change.record.gates(name, gates);
      if (leftOut.length > 0)
        change.record.note(`${name}: left out, because no Prometheus is known here: ${leftOut.join(', ')}`);
      for (const { outputs } of gates) Object.assign(change.kept, outputs);
      const reasons = gates
        .filter((gate) => gate.verdict !== 'pass')
        .map(deviation)
        .join('; ');
      if (verdict === 'fail') throw finalAnswer(`${what} failed: ${reasons}`);
      if (verdict === 'inconclusive') throw unknownOutcome(`${what} is inconclusive: ${reasons}`);
      return gates;
    },
    { ...options, detail: (gates) => gates.map((gate) => `${gate.name}: ${gate.reason}`).join('; ') },
  );
}

/** What a smoke answered before gates had one shape; recorded histories have it. */
interface EarlierSmoke {
  checks: { name: string; passed: boolean; reason: string }[];
}

function known(answer: GateReport | EarlierSmoke): {
  verdict: Verdict;
  leftOut?: string[];
  gates: Pick<GateResult, 'name' | 'verdict' | 'reason' | 'samples' | 'outputs'>[];
} {
  if ('gates' in answer) return answer;
  return {
    verdict: 'pass',
    gates: answer.checks.map(({ name, reason }) => ({ name, verdict: 'pass', reason, samples: [] })),
  };
}

function deviation({ name, reason, samples: [sample] }: Pick<GateResult, 'name' | 'reason' | 'samples'>): string {
  return `${name}: ${reason}${sample ? `, such as "${shortened(sample)}"` : ''}`;
}

/** One line of a log, as an example; the timeline has the whole of it. */
function shortened(sample: string): string {
  const text = sample.replace(/^\d{4}-\d\d-\d\dT\S+ /, '');
  return text.length > 100 ? `${text.slice(0, 99)}…` : text;
}
