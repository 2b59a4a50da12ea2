import { isCancellation } from '@temporalio/workflow';
import { checklistLines } from '../../contract/checklist-lines.ts';
import type { OutcomeType } from '../../contract/failures.ts';
import { reading } from '../run/activities.ts';
import { ending, isExpected, messageOf } from '../run/failures.ts';
import { checklistStep, unconfirmedGates, type CheckFinding, type ChecklistCheck } from './checks.ts';
import { qualityGates } from './quality-gates.ts';
import type { Release } from './release.ts';

/** A line of the checklist with what its check found. */
interface ChecklistLine extends CheckFinding {
  name: string;
  check: ChecklistCheck;
}

/** Output lines in the timeline, of a line that passed and of one that did not. */
const shownSamples = { pass: 3, fail: 12, inconclusive: 12 };

/**
 * Confirms the whole checklist before anything is touched. Every line is looked at, so that all that is in the way is
 * said at once; what could not be found out waits for a person: it is no yes (invariant I10).
 */
export async function confirmChecklist(release: Release): Promise<void> {
  const { run, train, input } = release;
  const { stops } = train;
  const { commit } = input;
  run.record.enter('preflight');
  if (train.checklist === null)
    run.record.steps.end(checklistStep(unconfirmedGates), 'skipped', {
      detail: 'not confirmed: the catalog has no checklist',
    });
  let refusedAs: OutcomeType = 'Aborted';
  let isFound = true;
  const commitCheck = singleLine(checklistLines.commit, async () => {
    const answer = await reading('the commit on the release branch').confirmCommit({ stops, commit });
    isFound = answer.found;
    if (answer.verdict === 'fail') refusedAs = answer.onHold ? 'OnHold' : 'InvalidInput';
    return answer;
  });
  const lines = await runCheck(release, commitCheck);
  // Of a commit that the repository does not have, nothing more can be said.
  const checks = [...(isFound ? checksOfCommit(release) : []), ...checksOfStops(release)];
  lines.push(...(await Promise.all(checks.map((check) => runCheck(release, check)))).flat());
  refuseFailed(lines, refusedAs);
  for (const line of lines) await requireConfirmed(release, line);
}

function checksOfCommit(release: Release): ChecklistCheck[] {
  const { stops } = release.train;
  const { commit } = release.input;
  return [
    ...qualityGates(release),
    singleLine(checklistLines.migrations, () =>
      reading('migrations committed and ordered').confirmMigrations({ stops, commit }),
    ),
  ];
}

function checksOfStops({ input: { commit }, train: { stops } }: Release): ChecklistCheck[] {
  return [
    singleLine(checklistLines.inputs, () => reading('inputs and secrets').confirmInputs({ stops, commit })),
    singleLine(checklistLines.rollbackTarget, () => reading('where to go back to').confirmRollbackTarget({ stops })),
  ];
}

function singleLine(line: string, look: () => Promise<CheckFinding>): ChecklistCheck {
  return { lines: [line], look: async () => [await look()] };
}

async function runCheck({ run }: Release, check: ChecklistCheck, lines = check.lines): Promise<ChecklistLine[]> {
  for (const line of lines) run.record.steps.begin(checklistStep(line));
  const findings = await look(check, lines);
  return lines.map((name, index) => {
    const finding = findings[index] ?? { verdict: 'inconclusive', reason: 'the check gave no answer' };
    const line: ChecklistLine = { name, check, ...finding };
    showLine(run, line);
    return line;
  });
}

/** Looks; a check that failed for good, or has used up its repeats, found nothing out. */
async function look(check: ChecklistCheck, lines: string[]): Promise<CheckFinding[]> {
  try {
    return await check.look(lines);
  } catch (error) {
    if (isCancellation(error) || !isExpected(error)) throw error;
    return lines.map(() => ({ verdict: 'inconclusive', reason: `the check could not run: ${messageOf(error)}` }));
  }
}

function showLine({ record }: Release['run'], line: ChecklistLine): void {
  const { name, verdict, samples = [], startedAt, endedAt } = line;
  const step = checklistStep(name);
  for (const sample of samples.slice(-shownSamples[verdict])) record.note(`${name}: ${sample}`);
  if (verdict === 'pass') record.steps.end(step, 'passed', { detail: describeFinding(line) });
  else record.steps.end(step, 'failed', { error: describeFinding(line) });
  if (startedAt && endedAt) Object.assign(record.steps.get(step), { startedAt, endedAt });
}

/** Describes a finding with the last line of its output that says anything: a closing brace does not. */
function describeFinding({ reason, samples = [] }: CheckFinding): string {
  const last = samples.findLast((sample) => /\w{3}/.test(sample));
  return last === undefined ? reason : `${reason}; last line: ${last.trim()}`;
}

/**
 * Refuses the release when a line failed, as `Aborted`: the input was fine, the commit is not. A commit that may not
 * be released at all is bad input.
 */
function refuseFailed(lines: readonly ChecklistLine[], type: OutcomeType): void {
  if (!lines.some(({ verdict }) => verdict === 'fail')) return;
  const problems = lines
    .filter(({ verdict }) => verdict !== 'pass')
    .map((line) => `${line.name}: ${line.verdict === 'inconclusive' ? 'not known, ' : ''}${describeFinding(line)}`);
  throw ending(type, `the checklist is not met, so nothing was changed: ${problems.join('; ')}`);
}

/** Requires a line to be confirmed: asks a person until it is. */
async function requireConfirmed(release: Release, line: ChecklistLine): Promise<void> {
  if (line.verdict === 'pass') return;
  const { name, reason, check } = line;
  const { run, entry } = release;
  const { decision, said } = await run.parking.ask({
    step: checklistStep(name),
    why: `not known: ${reason}`,
    actions: ['retry', 'markDone', 'abort'],
    roles: entry.settings.operators,
  });
  if (decision === 'markDone')
    return run.record.steps.end(checklistStep(name), 'passed', { detail: `confirmed by ${said}` });
  const again = await runCheck(release, check, [name]);
  refuseFailed(again, 'Aborted');
  for (const next of again) await requireConfirmed(release, next);
}
