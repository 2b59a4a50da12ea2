import { shortDigest } from '../../contract/artifact.ts';
import { describeClient } from '../../contract/drill.ts';
import { describeExposure, describeServing } from '../../contract/ending.ts';
import { codeBlock, codeSpan, escapeMarkdown } from '../../contract/markdown.ts';
import { countOf, countOfGained, shortHash } from '../../contract/plan.ts';
import { utcMoment } from '../../contract/utc-moment.ts';
import type { Verdict } from '../../contract/verdict.ts';
import type {
  ChangeStatus,
  GateLine,
  StepState,
  StepStatus,
  TimelineEntry,
  WaitingFor,
} from '../../contract/status.ts';
import { oursFirst } from './commands.ts';

/** The steps above say the whole of it. */
const maxLineLength = 160;
const maxCommitsShown = 8;
const maxDifferenceLines = 40;

/**
 * The run as Markdown for the Temporal UI (tab User Metadata). Commands stand in fenced code: plain text is set
 * typographically there, so that a pasted command would fail. The last line is one that nobody needs: the frame cuts
 * it off.
 */
export function describeChange(status: ChangeStatus, timeline: readonly TimelineEntry[]): string {
  const title = `## ${status.kind} ${foreign(status.service) || '…'} ${destination(status)}: ${headline(status)}`;
  const sections = [
    title,
    facts(status),
    status.outcome ? `**${foreign(status.outcome)}**` : '',
    ended(status),
    diagnosed(status),
    waiting(status.waitingFor),
    ...plannedAndDone(status),
    drilled(status),
    refusals(status),
    recent(timeline),
  ];
  return [...sections.filter((section) => section !== ''), '—'].join('\n\n').slice(0, 18_000);
}

/** What people are asked about comes first while they are asked, and what is under way afterwards. */
function plannedAndDone(status: ChangeStatus): string[] {
  const planned = [goesOut(status), changes(status)];
  return status.waitingFor?.kind === 'approval' ? [...planned, steps(status)] : [steps(status), ...planned];
}

/** Where it goes: an environment, or the stops of a release one after the other. */
function destination({ environment, stops }: ChangeStatus): string {
  return stops
    ? `to ${stops.map((stop) => `${foreign(stop.environment)}${stop.state === 'passed' ? ' ✓' : ''}`).join(' → ')}`
    : `to ${foreign(environment) || '…'}`;
}

function headline({ phase, waitingFor }: ChangeStatus): string {
  return waitingFor ? `waits for ${waitsFor(waitingFor)}` : phase;
}

function waitsFor({ kind, what }: WaitingFor): string {
  if (kind === 'operator') return 'a decision';
  return kind === 'child' ? foreign(what.split(':')[0] ?? kind) : kind;
}

function facts({ change, claimed = [], commit, digest, plan, approvals, requestedBy, reason }: ChangeStatus): string {
  const lines = [...claimed.map((what) => `- **${foreign(what)}**`), `- change ${code(change)}`];
  if (requestedBy) lines.push(`- asked for by ${foreign(requestedBy)}${reason ? `: ${foreign(reason)}` : ''}`);
  if (commit) lines.push(`- commit ${code(commit)}`);
  if (digest) lines.push(`- digest ${code(shortDigest(digest))}`);
  if (plan) lines.push(`- plan ${code(shortHash(plan))}`);
  for (const { by, role, at, environment, gate, signature, breakGlass } of approvals) {
    lines.push(
      '- ' +
        `${environment ? `${foreign(environment)}: ` : ''}${gate === 'plan' ? 'approved' : `${gate} signed off`} ` +
        `by ${foreign(by)} as ${foreign(role)} at ` +
        `${utcMoment(at)}${signature ? ', signed' : ''}${breakGlass ? ', break-glass' : ''}`,
    );
  }
  return lines.join('\n');
}

/** Checks of an environment as Markdown for the Temporal UI, the same as a line each. */
export function describeChecks(
  { service, environment, checks }: { service: string; environment: string; checks: readonly GateLine[] },
  outcome: string,
): string {
  const title = `## ${foreign(service)} in ${foreign(environment)}: ${foreign(outcome.split(';')[0] ?? '')}`;
  return [title, checks.map(gateLine).join('\n'), '—'].join('\n\n');
}

/** Describes checks as Markdown for the Temporal UI: a line each, with what to do about it. */
export function describeNextSteps(checks: readonly (GateLine & { next: string | null })[], outcome: string): string {
  const line = (check: GateLine & { next: string | null }) =>
    [gateLine(check), ...(check.next === null ? [] : [`  - next: ${foreign(shortened(check.next))}`])].join('\n');
  return [`## ${foreign(outcome.split(';')[0] ?? '')}`, checks.map(line).join('\n'), '—'].join('\n\n');
}

/** Why it probably failed, and what mends it. */
function diagnosed({ diagnosis = [] }: Pick<ChangeStatus, 'diagnosis'>): string {
  const rows = diagnosis.flatMap(({ cause, fix, seen, lines = [] }) => [
    `- **${foreign(cause)}**`,
    `  - fix: ${foreign(fix)}`,
    `  - seen: ${foreign(shortened(seen))}`,
    ...lines.map((line) => `  - it wrote: ${foreign(shortened(line))}`),
  ]);
  return rows.length > 0 ? ['### Likely cause', '', ...rows].join('\n') : '';
}

/** What serves after it, what users met, and what to do next; its outcome has the rest. */
function ended({ ending, outcome, phase }: ChangeStatus): string {
  if (!ending || outcome === null || phase === 'done') return '';
  const { samples, exposed, next } = ending;
  return list([
    ...samples.map((sample) => `seen: ${foreign(shortened(sample))}`),
    ...describeServing(ending).map((serves) => `serves now: ${foreign(serves)}`),
    ...(exposed ? [`users ${describeExposure(exposed, utcMoment)}`] : []),
    ...next.map(({ what, command }) => `${foreign(what)}${command ? `\n\n${commandBlock(folded(command))}\n` : ''}`),
  ]);
}

/** What blocks the run, who can unblock it, and how. */
export function waiting(waitingFor: WaitingFor | null): string {
  if (!waitingFor) return '';
  const end = waitingFor.until ? `, until ${utcMoment(waitingFor.until)}` : '';
  const { choices = [] } = waitingFor;
  const effects = choices.map(({ action, effect }) => `**${action}**: ${foreign(effect)}`);
  const who = waitingFor.who.length > 0 ? ` Who: ${foreign(waitingFor.who.join(', '))}.` : '';
  const commands =
    waitingFor.commands.length > 0
      ? `\n\n${commandBlock(oursFirst(waitingFor.commands).map(folded).join('\n\n'))}`
      : '';
  const told = effects.length > 0 ? `\n\n${list(effects)}` : '';
  const title = `### Waits for ${foreign(waitingFor.what)}`;
  return `${title}\n\nSince ${utcMoment(waitingFor.since)}${end}.${who}${told}${commands}`;
}

/**
 * The frame is narrow and cuts code off: a flag a line and a field of JSON a line, in a form that still can be
 * pasted.
 */
function folded(command: string): string {
  const json = / --input ('\{.*)$/s.exec(command);
  const flags = command
    .slice(0, json?.index)
    .replace(
      / (?='(change|service|environment|gate|plan|decision|by|expires|slipway approval v1)\b|\| |&& )/g,
      ' \\\n  ',
    )
    .replace(
      / (?=--(address|namespace|workflow-id|name|by|role|plan|action|note|environment|digest|reason) )/g,
      ' \\\n  ',
    );
  return json?.[1] === undefined ? flags : `${flags} \\\n  --input ${foldedJson(json[1])}`;
}

/** A line break after each comma that stands outside of a string. */
function foldedJson(json: string): string {
  return json.replace(/"(?:[^"\\]|\\.)*"|,/g, (token) => (token === ',' ? ',\n    ' : token));
}

/** What users get, while somebody can still say no; the command `plan` has more of it. */
function goesOut({ commits, outcome }: ChangeStatus): string {
  if (!commits || outcome !== null) return '';
  const { count, newest, lost } = commits;
  const shown = newest.slice(0, maxCommitsShown);
  const lines = shown.map(
    ({ commit, subject, author }) => `- ${code(commit.slice(0, 12))} ${foreign(subject)} (${foreign(author)})`,
  );
  if (count > shown.length) lines.push(`- and ${count - shown.length} more`);
  if (lost > 0) lines.push(`- **users lose ${countOf(lost, 'commit')}**: what serves is not an ancestor of it`);
  return [`### Goes out: ${countOfGained(count)}`, lines.join('\n')].filter(Boolean).join('\n\n');
}

/** What becomes of template or manifests, while somebody can still say no. */
function changes({ difference, outcome }: ChangeStatus): string {
  if (!difference || outcome !== null) return '';
  const lines = difference.split('\n');
  const more = lines.length - maxDifferenceLines;
  const cut = more > 0 ? [`… and ${countOf(more, 'line')} (./slipway plan has them)`] : [];
  return `### Changes\n${codeBlock([...lines.slice(0, maxDifferenceLines), ...cut].join('\n'), 'diff')}`;
}

/** Writes a text that others wrote on one line, as nothing but text. */
export function foreign(text: string): string {
  return escapeMarkdown(foreignLine(text));
}

/** Writes a word that others wrote as code on one line. */
export function code(text: string): string {
  return codeSpan(foreignLine(text));
}

/** A line break would begin markup of its own, and what nobody sees may turn what stands there. */
function foreignLine(text: string): string {
  return text
    .replace(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ')
    .replace(/\p{Cf}/gu, '')
    .trim();
}

function commandBlock(commands: string): string {
  return codeBlock(commands, 'sh');
}

export function shortened(text: string): string {
  return text.length > maxLineLength ? `${text.slice(0, maxLineLength)}…` : text;
}

/** What the clients of a drill saw: a line for each. */
function drilled({ drill = [] }: ChangeStatus): string {
  return drill
    .flatMap(({ part, during }) => [`### ${part}: what clients saw`, list(during.map(describeClient).map(foreign))])
    .join('\n\n');
}

export function list(items: readonly string[]): string {
  return items.map((item) => `- ${item}`).join('\n');
}

const marks: Record<StepState, string> = {
  pending: '·',
  running: '▶',
  passed: '✓',
  failed: '✗',
  skipped: '–',
  parked: '‖',
  restored: '↺',
};

/** What is still to come stands in one line, so that all of it is in view at once. */
function steps({ steps: all, outcome }: ChangeStatus): string {
  const toCome = all.filter(({ state }) => state === 'pending').map(({ name }) => name);
  const shown = all.filter(({ state }) => state !== 'pending').map(stepLine);
  if (toCome.length > 0)
    shown.push(`- ${marks.pending} ${outcome === null ? 'then' : 'not reached:'} ${foreign(toCome.join(', '))}`);
  return shown.length > 0 ? `### Steps\n\n${shown.join('\n')}` : '';
}

function stepLine({ name, state, attempts, error, detail, gates }: StepStatus): string {
  // A step of gates is told by its gates, unless a person decided.
  const said = gates && state !== 'skipped' ? '' : (error ?? detail ?? '');
  const more = [attempts > 1 ? `attempt ${attempts}` : '', said].filter((part) => part !== '').join('; ');
  const below = (gates ?? []).map((gate) => `\n  ${gateLine(gate)}`).join('');
  return `- ${marks[state]} ${foreign(name)}${more ? `: ${foreign(more)}` : ''}${below}`;
}

export const verdictMarks: Record<Verdict, string> = { pass: '✓', fail: '✗', inconclusive: '?' };

/** One check as a line of a list. */
function gateLine({ name, verdict, reason }: GateLine): string {
  return `- ${verdictMarks[verdict]} ${foreign(name)}: ${foreign(shortened(reason))}`;
}

function refusals({ refused }: ChangeStatus): string {
  const last = refused.last.at(-1);
  return last
    ? `### Refused messages: ${refused.count}\n\nLast: ${foreign(last.message)} by ` +
        `${foreign(last.by) || 'an unknown sender'} at ${utcMoment(last.at)}: ${foreign(last.reason)}`
    : '';
}

export function recent(timeline: readonly TimelineEntry[]): string {
  return timeline.length > 0
    ? `### Lately\n\n${timeline
        .slice(-8)
        .map(({ at, what }) => `- ${utcMoment(at)} ${foreign(shortened(what))}`)
        .join('\n')}`
    : '';
}
