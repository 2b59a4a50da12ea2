import { setCurrentDetails, upsertMemo, upsertSearchAttributes, workflowInfo } from '@temporalio/workflow';
import { defineSearchAttributeKey } from '@temporalio/common';
import { changeId } from '../../contract/ids.ts';
import type { SearchAttributeName } from '../../contract/search-attributes.ts';
import type {
  ChangeStatus,
  GateLine,
  Phase,
  Refusal,
  StatusMemo,
  StepStatus,
  TimelineEntry,
  WaitingFor,
} from '../../contract/status.ts';
import { describeChange } from './details.ts';

/** Refusals and timeline lines that are kept; the count goes on. */
const mostRefusals = 50;
const mostTimelineEntries = 300;
const longestError = 600;
const longestGateReason = 300;

/**
 * What people see of a run: status, timeline, current details, memo and search attributes, kept in step with each
 * other.
 */
export class RunRecord {
  readonly status: ChangeStatus;
  readonly timeline: TimelineEntry[] = [];
  /** Names that the server knows; empty until the resolution has told. */
  private knownAttributes: readonly string[] = [];
  private published: Record<string, string> = {};
  /** Told of each publication; a run below a release passes it on. */
  whenPublished: () => void = () => undefined;

  constructor(kind: ChangeStatus['kind']) {
    this.status = {
      phase: 'starting',
      service: '',
      environment: '',
      commit: '',
      digest: '',
      change: changeId(workflowInfo().firstExecutionRunId),
      kind,
      requestedBy: '',
      reason: '',
      plan: '',
      steps: [],
      waitingFor: null,
      refused: { count: 0, last: [] },
      approvals: [],
      outcome: null,
    };
  }

  /** Moves to a phase and to what is waited for in it, and publishes both. */
  enter(phase: Phase, waitingFor: WaitingFor | null = null): void {
    if (phase !== this.status.phase) this.note(`phase ${phase}`);
    if (waitingFor) this.note(`waits for ${waitingFor.what}`);
    this.status.phase = phase;
    this.status.waitingFor = waitingFor;
    this.publish();
  }

  note(what: string): void {
    this.timeline.push({ at: now(), what: what.slice(0, longestError) });
    if (this.timeline.length > mostTimelineEntries) this.timeline.shift();
  }

  refuse(message: string, by: string, reason: string): void {
    const refusal: Refusal = { at: now(), message, by: by.slice(0, 200), reason: reason.slice(0, longestError) };
    this.status.refused.count += 1;
    this.status.refused.last.push(refusal);
    if (this.status.refused.last.length > mostRefusals) this.status.refused.last.shift();
    this.note(`refused ${message} by ${refusal.by || 'nobody'}: ${refusal.reason}`);
    this.describe();
  }

  /** The step of this name; a new one is to come: before another one that is still to come. */
  step(name: string, before = 'ledger'): StepStatus {
    return this.known(name) ?? this.stands(name, ({ name: other, state }) => other === before && state === 'pending');
  }

  /** How often a step was begun so far. */
  attemptsOf(name: string): number {
    return this.known(name)?.attempts ?? 0;
  }

  /** Steps that a change goes through once more: to come again, with the attempts that they had. */
  repeats(names: readonly string[]): void {
    for (const name of names) {
      const step = this.step(name);
      if (name !== 'approval')
        Object.assign(step, { state: 'pending', startedAt: null, endedAt: null, error: null, detail: undefined });
    }
    this.describe();
  }

  begin(name: string): void {
    const step = this.happening(name);
    delete step.gates;
    Object.assign(step, {
      state: 'running',
      startedAt: step.startedAt ?? now(),
      endedAt: null,
      attempts: step.attempts + 1,
      error: null,
    });
    this.describe();
  }

  end(name: string, state: StepStatus['state'], said: { error?: string; detail?: string } = {}): void {
    const step = this.happening(name);
    Object.assign(
      step,
      { state, endedAt: now(), error: said.error?.slice(0, longestError) ?? null },
      said.detail ? { detail: said.detail.slice(0, longestError) } : {},
    );
    this.note(`${name}: ${state}${said.error ? `: ${said.error}` : said.detail ? `: ${said.detail}` : ''}`);
    this.describe();
  }

  /** What each gate of a step said, beside the step and in the timeline; a deviation with what was seen. */
  gates(name: string, results: readonly (GateLine & { samples: readonly string[] })[]): void {
    this.step(name).gates = results.map((gate) => ({
      name: gate.name,
      verdict: gate.verdict,
      reason: gate.reason.slice(0, longestGateReason),
    }));
    for (const gate of results) {
      this.note(`${name}: ${gate.name} ${gate.verdict}: ${gate.reason}`);
      if (gate.verdict !== 'pass') for (const sample of gate.samples) this.note(`${gate.name}: ${sample}`);
    }
  }

  /** From here on attributes are published, those alone that the server knows. */
  attributesAre(known: readonly string[]): void {
    this.knownAttributes = known;
  }

  conclude(phase: Phase, outcome: string): void {
    this.status.outcome = outcome;
    this.note(outcome);
    this.enter(phase);
  }

  describe(): void {
    setCurrentDetails(describeChange(this.status, this.timeline));
  }

  private known(name: string): StepStatus | undefined {
    return this.status.steps.find((step) => step.name === name);
  }

  /** What nobody planned (a restore, a decision) stands where it happens: before all that is still to come. */
  private happening(name: string): StepStatus {
    return this.known(name) ?? this.stands(name, ({ state }) => state === 'pending');
  }

  private stands(name: string, before: (step: StepStatus) => boolean): StepStatus {
    const { steps } = this.status;
    const step: StepStatus = { name, state: 'pending', startedAt: null, endedAt: null, attempts: 0, error: null };
    const at = steps.findIndex(before);
    steps.splice(at < 0 ? steps.length : at, 0, step);
    return step;
  }

  private publish(): void {
    const { waitingFor, phase } = this.status;
    const memo: StatusMemo = {
      phase,
      waitingFor: waitingFor?.what ?? '',
      next: waitingFor?.commands[0] ?? '',
      at: now(),
    };
    upsertMemo({ slipway: memo });
    this.publishAttributes();
    this.describe();
    this.whenPublished();
  }

  /** One upsert for all that changed: each is an event. */
  private publishAttributes(): void {
    const { service, environment, phase, commit, digest } = this.status;
    const values: Partial<Record<SearchAttributeName, string>> = {
      SlipwayService: service,
      SlipwayEnvironment: environment,
      SlipwayPhase: phase,
      SlipwayCommit: commit,
      SlipwayDigest: digest,
    };
    const changed = Object.entries(values).filter(
      ([name, value]) => value !== '' && this.knownAttributes.includes(name) && this.published[name] !== value,
    );
    if (changed.length === 0) return;
    upsertSearchAttributes(changed.map(([name, value]) => ({ key: defineSearchAttributeKey(name, 'KEYWORD'), value })));
    Object.assign(this.published, Object.fromEntries(changed));
  }
}

/** The workflow's time, RFC 3339. */
export function now(): string {
  return new Date().toISOString();
}
