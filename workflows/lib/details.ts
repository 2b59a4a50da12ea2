import { shortDigest } from '../../contract/artifact.ts';
import { shortHash } from '../../contract/plan.ts';
import type { ChangeStatus, StepState, TimelineEntry, WaitingFor } from '../../contract/status.ts';

/**
 * The run as Markdown for the Temporal UI (tab User Metadata). Commands stand in fenced code: plain text is set typographically there, so that
 * a pasted command would fail. The last line is one that nobody needs: the frame cuts it off.
 */
export function describeChange(status: ChangeStatus, timeline: readonly TimelineEntry[]): string {
  const title = `## ${status.kind} ${status.service || '…'} to ${status.environment || '…'}: ${status.phase}`;
  const sections = [title, facts(status), status.outcome ? `**${status.outcome}**` : '', waiting(status.waitingFor), steps(status), refusals(status), recent(timeline)];
  return [...sections.filter((section) => section !== ''), '—'].join('\n\n').slice(0, 18_000);
}

function facts({ change, commit, digest, plan, approvals }: ChangeStatus): string {
  const lines = [`- change \`${change}\``];
  if (commit) lines.push(`- commit \`${commit}\``);
  if (digest) lines.push(`- digest \`${shortDigest(digest)}\``);
  if (plan) lines.push(`- plan \`${shortHash(plan)}\``);
  for (const { by, role, at } of approvals) lines.push(`- approved by ${by} as ${role} at ${at}`);
  return lines.join('\n');
}

/** What blocks the run, who can unblock it, and how. */
export function waiting(waitingFor: WaitingFor | null): string {
  if (!waitingFor) return '';
  const until = waitingFor.until ? `, until ${waitingFor.until}` : '';
  const who = waitingFor.who.length > 0 ? ` Who: ${waitingFor.who.join(', ')}.` : '';
  const commands = waitingFor.commands.length > 0 ? `\n\n\`\`\`sh\n${waitingFor.commands.map(folded).join('\n\n')}\n\`\`\`` : '';
  return `### Waits for ${waitingFor.what}\n\nSince ${waitingFor.since}${until}.${who}${commands}`;
}

/** The frame is narrow and does not wrap code: a flag a line, in a form that still can be pasted. */
function folded(command: string): string {
  return command.replace(/ (?=--(address|namespace|workflow-id|name|input|by|role|plan|action|note|environment) )/g, ' \\\n  ');
}

const marks: Record<StepState, string> = { pending: '·', running: '▶', passed: '✓', failed: '✗', skipped: '–', parked: '‖', restored: '↺' };

function steps({ steps: all }: ChangeStatus): string {
  const shown = all.map(({ name, state, attempts, error, detail }) => {
    const more = [attempts > 1 ? `attempt ${attempts}` : '', error ?? detail ?? ''].filter((part) => part !== '').join('; ');
    return `- ${marks[state]} ${name}${more ? `: ${more}` : ''}`;
  });
  return shown.length > 0 ? `### Steps\n\n${shown.join('\n')}` : '';
}

function refusals({ refused }: ChangeStatus): string {
  const last = refused.last.at(-1);
  return last ? `### Refused messages: ${refused.count}\n\nLast: ${last.message} by ${last.by || 'nobody'} at ${last.at}: ${last.reason}` : '';
}

function recent(timeline: readonly TimelineEntry[]): string {
  return timeline.length > 0 ? `### Lately\n\n${timeline.slice(-8).map(({ at, what }) => `- ${at} ${what}`).join('\n')}` : '';
}
