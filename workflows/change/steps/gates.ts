import type { GateReport } from '../../../activities/gates/activities.ts';
import type { CatalogEntry } from '../../../contract/catalog/catalog.ts';
import type { GateResult } from '../../../contract/catalog/gates.ts';
import { isReading } from '../../../contract/is-reading.ts';
import type { RotatedSecret } from '../../../contract/plan.ts';
import type { StepName } from '../../../contract/step-names.ts';
import { utcMoment } from '../../../contract/utc-moment.ts';
import { following, writing } from '../../run/activities.ts';
import { finalAnswer, unknownOutcome } from '../../run/failures.ts';
import { now } from '../../run/journal.ts';
import { step } from '../../run/step.ts';
import type { Parts } from '../change.ts';
import type { LiveRevision } from './shift.ts';

type GatedChange = Parts<'run' | 'entry' | 'plan'>;

/** Values that gates put out for later gates, such as the id of a run that the smoke started. */
export type Outputs = Readonly<Record<string, string>>;

const maxSampleLength = 100;

/**
 * Smokes a URL with the catalog's checks. A no is final, and so is no answer at all. While writes are frozen, only
 * checks that read are asked.
 */
export async function smoke(
  change: GatedChange,
  name: 'smoke-candidate' | 'smoke-live' | 'verify-writes',
  url: string,
  { readsOnly = false } = {},
): Promise<Outputs> {
  const { run, plan } = change;
  run.record.enter('smoke');
  const entry = readsOnly ? withReadsOnly(change.entry) : change.entry;
  if (entry.settings.smoke.length === 0) return {};
  const { artifact } = plan;
  return runGates(change, name, 'the smoke', (attempt) =>
    writing(`smoke ${url}`).smoke({
      entry,
      url,
      artifact,
      change: run.id,
      attemptKey: `${name}${attempt}`,
      ...rotatedBy(plan),
    }),
  );
}

/** Watches the gates of the bake for as long as the service says. */
export async function bake(change: GatedChange, { revision, url, shiftedAt }: LiveRevision): Promise<Outputs> {
  const { run, entry, plan } = change;
  run.record.enter('baking');
  const { artifact } = plan;
  const previous = servedBefore(change);
  const common = { entry, artifact, change: run.id, revision, url, shiftedAt, previous, ...rotatedBy(plan) };
  const { seconds } = entry.settings.bake;
  const watch = (attempt: number) => {
    const beganAt = now();
    // The workflow sees no heartbeat of the activity, but it knows the time.
    const until = new Date(Date.parse(beganAt) + seconds * 1000).toISOString();
    run.record.steps.explain('bake', `watched for ${seconds} s, until ${utcMoment(until)}`);
    return following(`bake ${seconds} s`).bake({ ...common, beganAt, attemptKey: `bake${attempt}` });
  };
  return runGates(change, 'bake', 'the bake', watch, { canSkip: true });
}

/** Verifies what users get by now, where the catalog has a post-deploy verification (runbook 004). */
export async function verify(
  change: GatedChange,
  { revision, url, shiftedAt }: LiveRevision,
  outputs: Outputs,
): Promise<void> {
  const { run, entry, plan } = change;
  if (!entry.settings.verification) return;
  run.record.enter('verifying');
  const { artifact } = plan;
  const previous = servedBefore(change);
  const common = { entry, artifact, change: run.id, revision, url, shiftedAt, previous, ...rotatedBy(plan) };
  const look = (attempt: number) =>
    following(`verify ${url}`).verify({ ...common, attemptKey: `verify${attempt}`, outputs: { ...outputs } });
  await runGates(change, 'verify', 'the verification', look, { canSkip: true });
}

/** Names what a rotation changes, so that no gate repeats a value of it. */
function rotatedBy({ content: { secrets } }: GatedChange['plan']): { rotated?: readonly RotatedSecret[] } {
  return secrets ? { rotated: secrets } : {};
}

/** Keeps neither checks that write, nor checks that use an output which only a writing check would have put out. */
function withReadsOnly(entry: CatalogEntry): CatalogEntry {
  const { smoke } = entry.settings;
  const missing = smoke.flatMap((check) =>
    check.kind !== 'auth' && !isReading(check) && check.output ? [`{${check.output.as}}`] : [],
  );
  const reads = smoke.filter(
    (check) => isReading(check) && !missing.some((value) => JSON.stringify(check).includes(value)),
  );
  return { ...entry, settings: { ...entry.settings, smoke: reads } };
}

/** Answers the revision that the new one is compared with; a split has no one revision. */
function servedBefore({ plan }: GatedChange): string | null {
  const [only, ...others] = plan.snapshot.live.serving.filter(({ percent }) => percent > 0);
  return others.length === 0 ? (only?.revision ?? null) : null;
}

/**
 * Runs the gates of one step and shows each with its reason. A fail ends the step; inconclusive parks it, since it is
 * no pass (invariant I10).
 */
export async function runGates(
  { run }: Parts<'run'>,
  name: StepName,
  what: string,
  look: (attempt: number) => Promise<GateReport>,
  { canSkip = false } = {},
): Promise<Outputs> {
  const { record } = run;
  const judge = async (): Promise<GateResult[]> => {
    // Not the attempt of the step: a change that gave way to a freeze comes here again, and must not take an earlier
    // candidate's run for its own.
    const { verdict, gates, leftOut = [] } = await look(record.steps.attemptsOf(name));
    record.steps.setGates(name, gates);
    if (leftOut.length > 0)
      record.note(`${name}: left out, because no Prometheus is configured: ${leftOut.join(', ')}`);
    const reasons = gates
      .filter((gate) => gate.verdict !== 'pass')
      .map(describeDeviation)
      .join('; ');
    if (verdict === 'fail') throw finalAnswer(`${what} failed: ${reasons}`);
    if (verdict === 'inconclusive') throw unknownOutcome(`${what} is inconclusive: ${reasons}`);
    return gates;
  };
  const gates = await step(run, name, judge, {
    detail: (results) => results.map((gate) => `${gate.name}: ${gate.reason}`).join('; '),
    ...(canSkip && { skipped: () => [] }),
  });
  return Object.assign({}, ...gates.map(({ outputs }) => outputs)) as Outputs;
}

function describeDeviation({ name, reason, samples: [sample] }: GateResult): string {
  return `${name}: ${reason}${sample ? `, such as "${shortenSample(sample)}"` : ''}`;
}

/** Shortens a log line to an example; the timeline has the whole of it. */
function shortenSample(sample: string): string {
  const text = sample.replace(/^\d{4}-\d\d-\d\dT\S+ /, '');
  return text.length > maxSampleLength ? `${text.slice(0, maxSampleLength - 1)}…` : text;
}
