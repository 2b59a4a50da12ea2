import { following, writing } from './activities.ts';
import type { Change } from './change.ts';
import { finalAnswer, unknownOutcome } from './ending.ts';
import { now } from './record.ts';
import { step } from './steps.ts';

/** The HTTP checks of the catalog against a URL. A no is final; no answer at all is, too. */
export async function smoke(change: Change, name: 'smoke-candidate' | 'smoke-live', url: string): Promise<void> {
  change.record.enter('smoke');
  const { entry, artifact, id } = change;
  await step(change, name, (attempt) => writing(`smoke ${url}`).smoke({ entry, url, artifact, change: id, round: `${name}${attempt}` }), {
    detail: ({ checks }) => `${checks.length} checks passed at ${url}`,
  });
}

/** Watches the log gates for as long as the service says; inconclusive parks, it is no pass (invariant I10). */
export async function bake(change: Change, revision: string, url: string, shiftedAt: string): Promise<void> {
  change.record.enter('baking');
  const { entry, id } = change;
  await step(
    change,
    'bake',
    async (round) => {
      const { verdict, gates } = await following(`bake ${entry.place.bake.seconds} s`).bake({ entry, change: id, revision, url, shiftedAt, beganAt: now(), round });
      const deviating = gates.filter((gate) => gate.verdict !== 'pass');
      for (const { name, samples } of deviating) for (const sample of samples) change.record.note(`${name}: ${sample}`);
      const reasons = deviating.map(({ name, reason, samples: [sample] }) => `${name}: ${reason}${sample ? `, such as "${shortened(sample)}"` : ''}`);
      if (verdict === 'fail') throw finalAnswer(`the bake failed: ${reasons.join('; ')}`);
      if (verdict === 'inconclusive') throw unknownOutcome(`the bake is inconclusive: ${reasons.join('; ')}`);
      return gates;
    },
    { detail: (gates) => gates.map(({ name, reason }) => `${name}: ${reason}`).join('; '), skipped: () => [] },
  );
}

/** One line of a log, as an example; the timeline has the whole of it. */
function shortened(sample: string): string {
  const text = sample.replace(/^\S+ /, '');
  return text.length > 100 ? `${text.slice(0, 99)}…` : text;
}
