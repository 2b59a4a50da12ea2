import { setCurrentDetails, upsertMemo, upsertSearchAttributes, defineQuery, setHandler } from '@temporalio/workflow';
import { defineSearchAttributeKey } from '@temporalio/common';
import type { EnvironmentStatus } from '../../contract/environment.ts';
import { environmentWorkflowId } from '../../contract/ids.ts';
import { lastKnownGood, whatRuns } from '../../contract/ledger.ts';
import { queryNames } from '../../contract/messages.ts';
import { shortDigest } from '../../contract/artifact.ts';
import type { RefusedSummary, TimelineEntry, WaitingFor } from '../../contract/status.ts';
import { slipwayCommand, temporalSignal, type Reach } from '../run/commands.ts';
import { waiting } from '../run/details.ts';
import type { RefusalRecord } from '../run/messages.ts';
import { currentFreeze, isBefore, isFrozen, waitsFor, type EnvironmentState } from './queue.ts';
import { now } from '../run/record.ts';

const mostRefusals = 50;
const mostTimelineEntries = 200;

/** Which environment it is, and where its run is reached. */
interface EnvironmentPlace {
  service: string;
  environment: string;
  reach: Reach;
  operators: string[];
}

/** What people see of an environment. */
export class EnvironmentRecord implements RefusalRecord {
  place: EnvironmentPlace = { service: '', environment: '', reach: { address: '', namespace: '' }, operators: [] };
  readonly refused: RefusedSummary = { count: 0, last: [] };
  private readonly timeline: TimelineEntry[] = [];
  private knownAttributes: readonly string[] = [];
  private publishedPhase = '';
  private state: EnvironmentState | null = null;
  /** What keeps the environment from going on; null while it works. */
  private blocked: WaitingFor | null = null;

  constructor() {
    setHandler(defineQuery<TimelineEntry[]>(queryNames.timeline), () => this.timeline, {
      description: 'What happened here lately, in order',
    });
  }

  placed(place: EnvironmentPlace, knownAttributes: readonly string[]): void {
    this.place = place;
    this.knownAttributes = knownAttributes;
  }

  refuse(message: string, by: string, reason: string): void {
    this.refused.count += 1;
    this.refused.last.push({ at: now(), message, by, reason });
    if (this.refused.last.length > mostRefusals) this.refused.last.shift();
    this.note(`refused ${message} by ${by || 'nobody'}: ${reason}`);
  }

  /** What is waited for before anybody is granted anything: the platform, or an operator. */
  blockedBy(blocked: WaitingFor | null): void {
    const isPhase = blocked?.kind === 'operator' || this.blocked?.kind === 'operator';
    this.blocked = blocked;
    if (isPhase) this.publishStatus(this.describe(this.state));
    else setCurrentDetails(markdown(this.describe(this.state)));
  }

  note(what: string): void {
    this.timeline.push({ at: now(), what });
    if (this.timeline.length > mostTimelineEntries) this.timeline.shift();
  }

  describe(state: EnvironmentState | null): EnvironmentStatus {
    const { number = 0, holder = null, queue = [], window = null, holds = [], ledger = [] } = state ?? {};
    const { service, environment } = this.place;
    const freeze = state && currentFreeze(state, now());
    const tickets = state ? queue.map((ticket) => ({ ...ticket, waitsFor: waitsFor(state, ticket, now()) })) : [];
    return {
      service,
      environment,
      phase: this.blocked?.kind === 'operator' ? 'parked' : phaseOf(state),
      number,
      runs: whatRuns(ledger),
      lastKnownGood: lastKnownGood(ledger),
      holder,
      queue: tickets,
      freeze,
      nextFreeze: window && isBefore(now(), window.since) ? window : null,
      holds,
      ledger,
      waitingFor: this.blocked ?? waitingOf(this.place, state),
      refused: this.refused,
    };
  }

  /** Details with every change; memo and attributes only with a new phase, since each is an event. */
  publish(state: EnvironmentState): void {
    this.state = state;
    this.publishStatus(this.describe(state));
  }

  private publishStatus(status: EnvironmentStatus): void {
    setCurrentDetails(markdown(status));
    if (status.phase === this.publishedPhase) return;
    this.publishedPhase = status.phase;
    upsertMemo({
      slipway: {
        phase: status.phase,
        waitingFor: status.waitingFor?.what ?? '',
        next: status.waitingFor?.commands[0] ?? '',
        at: now(),
      },
    });
    const values = {
      SlipwayService: status.service,
      SlipwayEnvironment: status.environment,
      SlipwayPhase: status.phase,
    };
    const known = Object.entries(values).filter(([name]) => this.knownAttributes.includes(name));
    if (known.length > 0)
      upsertSearchAttributes(known.map(([name, value]) => ({ key: defineSearchAttributeKey(name, 'KEYWORD'), value })));
  }
}

function phaseOf(state: EnvironmentState | null): EnvironmentStatus['phase'] {
  if (state?.holder) return 'held';
  return state && isFrozen(state, now()) ? 'frozen' : 'free';
}

function waitingOf(
  { service, environment, reach, operators }: EnvironmentPlace,
  state: EnvironmentState | null,
): WaitingFor | null {
  const freeze = state && !state.holder ? currentFreeze(state, now()) : null;
  if (!freeze) return null;
  const { by, reason, since, until } = freeze;
  const said = { by: operators.includes(by) ? by : (operators[0] ?? ''), reason: 'the freeze is over' };
  return {
    kind: 'freeze',
    what: `the end of the freeze: ${reason}`,
    since,
    until,
    who: operators,
    commands: [
      temporalSignal(reach, 'unfreeze', said, environmentWorkflowId(service, environment)),
      slipwayCommand('environment unfreeze', { environment, ...said }, service),
    ],
  };
}

function markdown({
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
  const recent = ledger.slice(-10).reverse();
  if (recent.length > 0)
    lines.push(
      `### Ledger\n\n${recent.map(({ at, kind, outcome, commit, verified }) => `- ${at} ${kind} \`${commit.slice(0, 12)}\`: ${outcome}${verified ? ' (verified)' : ''}`).join('\n')}`,
    );
  return [...lines, '—'].join('\n\n').slice(0, 18_000);
}
