import { patched, workflowInfo } from '@temporalio/workflow';
import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import { cutLine } from '../../contract/cut-line.ts';
import {
  notificationKey,
  tellsOfRuns,
  type NotificationFact,
  type RunEvent,
  type RunSubject,
} from '../../contract/notification.ts';
import { askedRoles, type AskedRole } from '../../contract/people.ts';
import { shortHash } from '../../contract/plan.ts';
import type { ChangeStatus, Phase, WaitingFor } from '../../contract/status.ts';
import { utcMoment } from '../../contract/utc-moment.ts';
import { slipwayCommand } from './commands.ts';
import { now } from './journal.ts';
import { choiceFacts, endingFacts } from './notification-facts.ts';
import { Outbox } from './outbox.ts';
import type { Run } from './run.ts';

const maxTextLength = 500;
/** Phases in which a change writes: before them it is a plan, and nobody has to know. */
const writingPhases: readonly Phase[] = ['staging', 'migrating', 'shifting', 'restoring', 'drilling'];
const lastPhases: readonly Phase[] = ['done', 'failed', 'cancelled'];

/**
 * Tells people that a run needs them, that it does not any more, and when a change begins and ends: by those channels
 * of its environment that ask for it. The run waits for none of it, but for a minute at its end.
 */
export class RunNotifier {
  private readonly run: Run<ChangeStatus>;
  private readonly entry: CatalogEntry;
  private readonly outbox: Outbox;
  /** What people were told last that the run waits for; null if it waits for nobody. */
  private asked: WaitingFor | null = null;
  /** Roles that were asked in this run, the last of them. */
  private askedLast: AskedRole[];
  private hasStarted = false;
  private number = 0;

  /** Answers null where no channel asks for it: then a run has not one event more. */
  static of(run: Run<ChangeStatus>, entry: CatalogEntry): RunNotifier | null {
    return tellsOfRuns(Object.values(entry.settings.notifications ?? {})) ? new RunNotifier(run, entry) : null;
  }

  private constructor(run: Run<ChangeStatus>, entry: CatalogEntry) {
    this.run = run;
    this.entry = entry;
    this.askedLast = askedRoles(entry.owners, entry.settings.operators);
    this.outbox = new Outbox(entry, (line) => {
      run.record.note(line);
      run.record.describe();
    });
    run.record.onEnter = () => this.hear();
  }

  /** Says whether the run may end: people have heard all, or the wait for it is over. */
  get isSettled(): boolean {
    return this.outbox.isSettled;
  }

  /**
   * Settles whether this run tells people. Called behind an ordinary activity: a rollback tells its first word right
   * after a local one, and there a replay may look for the marker too early.
   */
  settle(): boolean {
    return patched('notifications-of-runs');
  }

  private hear(): void {
    const { phase, waitingFor } = this.run.record.status;
    if (writingPhases.includes(phase)) this.start();
    const needed = neededEvent(phase, waitingFor);
    if (needed && waitingFor) this.ask(needed, waitingFor);
    else this.answer();
    if (lastPhases.includes(phase)) this.end();
  }

  private start(): void {
    // A release writes nothing itself: its stops do.
    if (this.hasStarted || this.run.record.status.kind === 'release') return;
    this.hasStarted = true;
    this.tell('changeStarted', 'it begins to change what serves');
  }

  private ask(event: RunEvent, waitingFor: WaitingFor): void {
    const isReminder = this.asked?.kind === waitingFor.kind && this.asked.since === waitingFor.since;
    if (!isReminder) this.answer();
    this.asked = waitingFor;
    this.askedLast = waitingFor.asked ?? this.askedLast;
    this.tell(event, `${isReminder ? 'reminder: it still' : 'it'} waits for ${waitingFor.what}`);
  }

  private answer(): void {
    const { asked, run } = this;
    if (!asked) return;
    this.asked = null;
    if (asked.kind === 'approval') this.tell('approvalAnswered', answerOf(asked, run.record.status));
    else this.tell('decisionTaken', run.parking.lastAnswer || 'it waits for nobody any more');
  }

  private end(): void {
    if (this.hasStarted) this.tell('changeEnded', endOf(this.run.record.status));
    this.outbox.close();
  }

  private tell(event: RunEvent, what: string): void {
    if (!this.settle()) return;
    const { asked, run } = this;
    this.number += 1;
    const { workflowId } = workflowInfo();
    const status = slipwayCommand('status', {}, workflowId);
    this.outbox.put({
      key: notificationKey(run.id, this.number, event),
      event,
      at: now(),
      subject: this.subject(),
      what: cut(what),
      caution: run.record.status.claimed?.map(cut).join('; ') ?? null,
      facts: factsOf(run.record.status, asked).map(({ name, text }) => ({ name, text: cut(text) })),
      command: answerTo(asked) ?? status,
      asked: this.askedLast,
    });
  }

  private subject(): RunSubject {
    const { asked, run } = this;
    const { commit, environment, kind, phase, reason, service } = run.record.status;
    const { startTime, workflowId } = workflowInfo();
    const ended = phase === 'done' ? 'succeeded' : 'failed';
    return {
      kind: 'run',
      id: run.id,
      workflowId,
      service,
      environment: environment || this.entry.environment,
      does: kind,
      title: [commit.slice(0, 12), reason]
        .filter((part) => part !== '')
        .join(', ')
        .slice(0, 200),
      openedAt: startTime.toISOString(),
      standing: asked ? 'waiting' : lastPhases.includes(phase) ? ended : 'underWay',
    };
  }
}

function neededEvent(phase: Phase, waitingFor: WaitingFor | null): RunEvent | null {
  if (waitingFor?.kind === 'approval') return 'approvalNeeded';
  return phase === 'parked' && waitingFor?.kind === 'operator' ? 'decisionNeeded' : null;
}

/** Gives the command that answers. One of several choices is nobody's default: `status` shows all of them. */
function answerTo(asked: WaitingFor | null): string | undefined {
  const { choices = [], commands = [] } = asked ?? {};
  return choices.length > 1 ? undefined : commands.find((command) => command.startsWith('./slipway '));
}

/** Says in one line how it ended; the facts have the rest where the end is told in parts. */
function endOf({ ending, outcome, phase }: ChangeStatus): string {
  if (phase !== 'failed' || !ending || outcome === null) return outcome ?? '';
  return `${outcome.slice(0, outcome.indexOf(':'))}: ${ending.why}`;
}

/** Says who has answered: those who approved since it was asked, else why the step has failed. */
function answerOf({ since }: WaitingFor, { approvals, phase, steps }: ChangeStatus): string {
  const isSince = (at: string | null) => at !== null && Date.parse(at) >= Date.parse(since);
  const failed = steps.findLast(({ endedAt, state }) => state === 'failed' && isSince(endedAt));
  if (failed?.error) return failed.error;
  const given = approvals.filter(({ at }) => isSince(at)).map(({ by, role }) => `${by} as ${role}`);
  return given.length > 0 ? `approved by ${given.join(', ')}` : `nobody has to answer any more; phase ${phase}`;
}

function factsOf(status: ChangeStatus, asked: WaitingFor | null): NotificationFact[] {
  const { commit, ending, outcome, phase, plan, requestedBy, reason } = status;
  return [
    { name: 'asked for by', text: `${requestedBy}${reason ? `: ${reason}` : ''}` },
    ...(commit ? [{ name: 'commit', text: commit }] : []),
    ...(plan ? [{ name: 'plan', text: shortHash(plan) }] : []),
    ...(outcome === null ? [{ name: 'phase', text: phase }] : []),
    ...(asked ? [{ name: 'who', text: asked.who.join(', ') }, ...choiceFacts(asked)] : []),
    ...(asked?.until ? [{ name: 'until', text: utcMoment(asked.until) }] : []),
    ...(ending && outcome !== null && phase !== 'done' ? endingFacts(ending) : []),
  ];
}

function cut(text: string): string {
  return cutLine(text, maxTextLength);
}
