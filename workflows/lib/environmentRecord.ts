import { setCurrentDetails, upsertMemo, upsertSearchAttributes, defineQuery, setHandler } from '@temporalio/workflow';
import { defineSearchAttributeKey } from '@temporalio/common';
import type { EnvironmentStatus } from '../../contract/environment.ts';
import { environmentWorkflowId } from '../../contract/ids.ts';
import { queryNames } from '../../contract/messages.ts';
import { shortDigest } from '../../contract/artifact.ts';
import type { RefusedSummary, TimelineEntry, WaitingFor } from '../../contract/status.ts';
import type { RefusalRecord } from './messages.ts';
import { isFrozen, type EnvironmentState } from './queue.ts';
import { now } from './record.ts';

const mostRefusals = 50;
const mostTimelineEntries = 200;

/** What people see of an environment. */
export class EnvironmentRecord implements RefusalRecord {
  place = { service: '', environment: '' };
  readonly refused: RefusedSummary = { count: 0, last: [] };
  private readonly timeline: TimelineEntry[] = [];
  private knownAttributes: readonly string[] = [];
  private publishedPhase = '';

  constructor() {
    setHandler(defineQuery<TimelineEntry[]>(queryNames.timeline), () => this.timeline, { description: 'What happened here lately, in order' });
  }

  placed(service: string, environment: string, knownAttributes: readonly string[]): void {
    this.place = { service, environment };
    this.knownAttributes = knownAttributes;
  }

  refuse(message: string, by: string, reason: string): void {
    this.refused.count += 1;
    this.refused.last.push({ at: now(), message, by, reason });
    if (this.refused.last.length > mostRefusals) this.refused.last.shift();
    this.note(`refused ${message} by ${by || 'nobody'}: ${reason}`);
  }

  note(what: string): void {
    this.timeline.push({ at: now(), what });
    if (this.timeline.length > mostTimelineEntries) this.timeline.shift();
  }

  describe(state: EnvironmentState | null): EnvironmentStatus {
    const { number = 0, holder = null, queue = [], freeze = null, holds = [], ledger = [] } = state ?? {};
    return { ...this.place, phase: phaseOf(state), number, holder, queue, freeze, holds, ledger, waitingFor: waitingOf(this.place, state), refused: this.refused };
  }

  /** Details with every change; memo and attributes only with a new phase, since each is an event. */
  publish(state: EnvironmentState): void {
    const status = this.describe(state);
    setCurrentDetails(markdown(status));
    if (status.phase === this.publishedPhase) return;
    this.publishedPhase = status.phase;
    upsertMemo({ slipway: { phase: status.phase, waitingFor: status.waitingFor?.what ?? '', next: status.waitingFor?.commands[0] ?? '', at: now() } });
    const values = { SlipwayService: status.service, SlipwayEnvironment: status.environment, SlipwayPhase: status.phase };
    const known = Object.entries(values).filter(([name]) => this.knownAttributes.includes(name));
    if (known.length > 0) upsertSearchAttributes(known.map(([name, value]) => ({ key: defineSearchAttributeKey(name, 'KEYWORD'), value })));
  }
}

function phaseOf(state: EnvironmentState | null): EnvironmentStatus['phase'] {
  if (state?.holder) return 'held';
  return state && isFrozen(state, now()) ? 'frozen' : 'free';
}

function waitingOf(place: { service: string; environment: string }, state: EnvironmentState | null): WaitingFor | null {
  if (!state || state.holder || !state.freeze || !isFrozen(state, now())) return null;
  const { by, reason, since, until } = state.freeze;
  const id = environmentWorkflowId(place.service, place.environment);
  const payload = JSON.stringify({ by, reason: 'the freeze is over' });
  return { kind: 'freeze', what: `the end of the freeze: ${reason}`, since, until, who: [by], commands: [`temporal workflow signal --workflow-id ${id} --name unfreeze --input '${payload}'`] };
}

function markdown({ service, environment, phase, holder, queue, holds, ledger, freeze }: EnvironmentStatus): string {
  const lines = [`## ${service} in ${environment}: ${phase}`];
  if (holder) lines.push(`Held by ${holder.kind} \`${holder.change}\` of ${holder.owner} since ${holder.since} (number ${holder.number}).`);
  if (freeze) lines.push(`Frozen by ${freeze.by} since ${freeze.since}: ${freeze.reason}`);
  if (queue.length > 0) lines.push(`### Queue\n\n${queue.map(({ kind, change, owner, since }) => `- ${kind} \`${change}\` of ${owner} since ${since}`).join('\n')}`);
  if (holds.length > 0) lines.push(`### On hold\n\n${holds.map(({ digest, reason, since }) => `- \`${shortDigest(digest)}\` since ${since}: ${reason}`).join('\n')}`);
  const recent = ledger.slice(-10).reverse();
  if (recent.length > 0) lines.push(`### Ledger\n\n${recent.map(({ at, kind, outcome, commit, verified }) => `- ${at} ${kind} \`${commit.slice(0, 12)}\`: ${outcome}${verified ? ' (verified)' : ''}`).join('\n')}`);
  return [...lines, '—'].join('\n\n').slice(0, 18_000);
}
