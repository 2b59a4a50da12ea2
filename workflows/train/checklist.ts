import { isCancellation } from '@temporalio/workflow';
import { checklistLines } from '../../contract/catalog/checklist.ts';
import type { OutcomeType } from '../../contract/failures.ts';
import type { Train } from '../../contract/release.ts';
import type { Finding } from '../../contract/verdict.ts';
import { reading } from '../run/activities.ts';
import { ending, isExpected, messageOf } from '../run/failures.ts';
import { qualityGates } from './quality-gates.ts';
import type { ReleaseRun } from './train.ts';

export interface Seen extends Finding {
  /** The end of an output. */
  samples?: string[];
  /** When it ran, where it was not alone in its look. */
  startedAt?: string;
  endedAt?: string;
}

/** Lines that are looked at in one go; answers for those that are asked for, in their order. */
export interface Look {
  lines: string[];
  look(lines: string[]): Promise<Seen[]>;
}

interface Line extends Seen {
  name: string;
  look: Look;
}

/** Shown where the catalog has no checklist, so that nobody takes silence for a yes. */
const withoutGates = 'quality gates';
/** Of an output that passed and of one that did not, in the timeline. */
const shownSamples = { pass: 3, fail: 12, inconclusive: 12 };

/** The lines of the pre-deploy checklist in their order (runbook 004). */
export function checklistOf({ checklist }: Train): string[] {
  const gates =
    checklist === null ? [withoutGates] : (checklist.github?.checks ?? checklist.commands.map(({ name }) => name));
  return [...gates, ...Object.values(checklistLines)].map(stepName);
}

/**
 * Confirms the whole checklist before anything is touched. Every line is looked at, so that all that is in the way is
 * said at once; what could not be found out waits for a person: it is no yes (invariant I10).
 */
export async function confirmChecklist(run: ReleaseRun): Promise<void> {
  run.record.enter('preflight');
  const { stops } = run.train;
  const { commit } = run.input;
  if (run.train.checklist === null)
    run.record.end(stepName(withoutGates), 'skipped', { detail: 'not confirmed: the catalog has no checklist' });
  let refusedAs: OutcomeType = 'Aborted';
  let found = true;
  const commitLook = one(checklistLines.commit, async () => {
    const answer = await reading('the commit on the release branch').confirmCommit({ stops, commit });
    ({ found } = answer);
    if (answer.verdict === 'fail') refusedAs = answer.onHold ? 'OnHold' : 'InvalidInput';
    return answer;
  });
  const always = [
    one(checklistLines.inputs, () => reading('inputs and secrets').confirmInputs({ stops })),
    one(checklistLines.rollbackTarget, () => reading('where to go back to').confirmRollbackTarget({ stops })),
  ];
  const ofCommit = [
    ...qualityGates(run),
    one(checklistLines.migrations, () =>
      reading('migrations committed and ordered').confirmMigrations({ stops, commit }),
    ),
  ];
  const lines = await lookAt(run, commitLook);
  // Of a commit that the repository does not have, nothing more can be said.
  lines.push(...(await Promise.all([...(found ? ofCommit : []), ...always].map((look) => lookAt(run, look)))).flat());
  refuse(lines, refusedAs);
  for (const line of lines) await settled(run, line);
}

function one(line: string, look: () => Promise<Seen>): Look {
  return { lines: [line], look: async () => [await look()] };
}

async function lookAt(run: ReleaseRun, look: Look, lines = look.lines): Promise<Line[]> {
  for (const line of lines) run.record.begin(stepName(line));
  const seen = await answers(look, lines);
  return lines.map((name, index) => {
    const line: Line = { name, look, ...(seen[index] ?? { verdict: 'inconclusive', reason: 'nothing was answered' }) };
    show(run, line);
    return line;
  });
}

/** A look that failed for good, or has used up its repeats, found nothing out. */
async function answers(look: Look, lines: string[]): Promise<Seen[]> {
  try {
    return await look.look(lines);
  } catch (error) {
    if (isCancellation(error) || !isExpected(error)) throw error;
    return lines.map(() => ({ verdict: 'inconclusive', reason: `could not look: ${messageOf(error)}` }));
  }
}

function show({ record }: ReleaseRun, line: Line): void {
  const { name, verdict, samples = [], startedAt, endedAt } = line;
  for (const sample of samples.slice(-shownSamples[verdict])) record.note(`${name}: ${sample}`);
  record.end(
    stepName(name),
    verdict === 'pass' ? 'passed' : 'failed',
    verdict === 'pass' ? { detail: evidence(line) } : { error: evidence(line) },
  );
  if (startedAt && endedAt) Object.assign(record.step(stepName(name)), { startedAt, endedAt });
}

/** With the last line of the output that says anything: a closing brace does not. */
function evidence({ reason, samples = [] }: Line): string {
  const last = samples.findLast((sample) => /\w{3}/.test(sample));
  return last === undefined ? reason : `${reason}; last line: ${last.trim()}`;
}

/**
 * A gate's no ends the release as `Aborted`: the input was fine, the commit is not. A commit that may not be released
 * at all is bad input.
 */
function refuse(lines: readonly Line[], type: OutcomeType): void {
  if (!lines.some(({ verdict }) => verdict === 'fail')) return;
  const said = lines
    .filter(({ verdict }) => verdict !== 'pass')
    .map((line) => `${line.name}: ${line.verdict === 'inconclusive' ? 'not known, ' : ''}${evidence(line)}`);
  throw ending(type, `the checklist is not met, and nothing was touched: ${said.join('; ')}`);
}

/** Waits for a person until the line is confirmed. */
async function settled(run: ReleaseRun, line: Line): Promise<void> {
  if (line.verdict === 'pass') return;
  const { name, reason, look } = line;
  const { action, by, note } = await run.parking.park(
    stepName(name),
    `not known: ${reason}`,
    ['retry', 'markDone', 'abort'],
    run.entry.settings.operators,
  );
  const said = `${by}${note ? `: ${note}` : ''}`;
  if (action === 'abort') throw ending('Aborted', `${name} was given up by ${said}; before that: ${reason}`);
  if (action === 'markDone') return run.record.end(stepName(name), 'passed', { detail: `confirmed by ${said}` });
  const again = await lookAt(run, look, [name]);
  refuse(again, 'Aborted');
  for (const next of again) await settled(run, next);
}

function stepName(line: string): string {
  return `checklist: ${line}`;
}
