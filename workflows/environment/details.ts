import { shortDigest } from '../../contract/artifact.ts';
import type { EnvironmentStatus } from '../../contract/environment.ts';
import { waiting } from '../run/details.ts';

/** Longest text that Temporal keeps as the current details of a run, with some room. */
const maxDetailsLength = 18_000;
const maxShownEntries = 10;

/** Describes an environment as Markdown, for the Temporal UI. */
export function describeEnvironment({
  service,
  environment,
  phase,
  runs,
  holder,
  queue,
  holds,
  ledger,
  freeze,
  nextFreeze,
  waitingFor,
}: EnvironmentStatus): string {
  const lines = [`## ${service} in ${environment}: ${phase}`];
  if (runs)
    lines.push(
      `Runs \`${runs.revision}\`, commit \`${runs.commit}\`, digest \`${shortDigest(runs.digest)}\`, since ${runs.since} by ${runs.by} (change \`${runs.change}\`)${runs.certain ? '' : '; a later change could not say what it left: look with drift'}.`,
    );
  if (holder)
    lines.push(
      `Held by ${holder.kind} \`${holder.change}\` of ${holder.owner} since ${holder.since} (number ${holder.number}).`,
    );
  if (freeze) lines.push(`Frozen by ${freeze.by} since ${freeze.since}: ${freeze.reason}`);
  if (nextFreeze)
    lines.push(
      `Next freeze: ${nextFreeze.name} from ${nextFreeze.since} until ${nextFreeze.until}: ${nextFreeze.reason}`,
    );
  if (waitingFor) lines.push(waiting(waitingFor));
  if (queue.length > 0)
    lines.push(
      `### Queue\n\n${queue.map(({ kind, change, owner, since, reason, waitsFor: what }) => `- ${kind} \`${change}\` of ${owner} since ${since}${reason ? `: ${reason}` : ''}; waits for ${what}`).join('\n')}`,
    );
  if (holds.length > 0)
    lines.push(
      `### On hold\n\n${holds.map(({ digest, reason, since }) => `- \`${shortDigest(digest)}\` since ${since}: ${reason}`).join('\n')}`,
    );
  const recent = ledger.slice(-maxShownEntries).reverse();
  if (recent.length > 0)
    lines.push(
      `### Ledger\n\n${recent.map(({ at, kind, outcome, commit, verified }) => `- ${at} ${kind} \`${commit.slice(0, 12)}\`: ${outcome}${verified ? ' (verified)' : ''}`).join('\n')}`,
    );
  return [...lines, '—'].join('\n\n').slice(0, maxDetailsLength);
}
