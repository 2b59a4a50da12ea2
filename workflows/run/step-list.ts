import type { GateLine, StepState, StepStatus } from '../../contract/status.ts';
import { verdictWords } from '../../contract/verdict.ts';
import { now, type Journal } from './journal.ts';

const maxTextLength = 600;
const maxGateReasonLength = 300;

/** Keeps the steps of a run in order: those to come, those under way, those that ended. */
export class StepList {
  private readonly status: { steps: StepStatus[] };
  private readonly journal: Journal;
  private readonly changed: () => void;

  /** `changed` is called after each change, so that people see it. */
  constructor(status: { steps: StepStatus[] }, journal: Journal, changed: () => void) {
    this.status = status;
    this.journal = journal;
    this.changed = changed;
  }

  /** Answers the step of this name; a new one is put before another one that is still to come. */
  get(name: string, before = 'ledger'): StepStatus {
    return this.find(name) ?? this.insert(name, ({ name: other, state }) => other === before && state === 'pending');
  }

  /** Counts how often a step was begun so far. */
  attemptsOf(name: string): number {
    return this.find(name)?.attempts ?? 0;
  }

  begin(name: string): void {
    const step = this.current(name);
    delete step.gates;
    const attempts = step.attempts + 1;
    Object.assign(step, { state: 'running', startedAt: step.startedAt ?? now(), endedAt: null, attempts, error: null });
    this.changed();
  }

  /** Says of a step under way what goes on, where the run knows it; its end takes the place of that. */
  explain(name: string, detail: string): void {
    this.current(name).detail = detail;
    this.changed();
  }

  end(name: string, state: StepState, { error, detail }: { error?: string; detail?: string } = {}): void {
    const step = this.current(name);
    Object.assign(step, { state, endedAt: now(), error: error?.slice(0, maxTextLength) ?? null });
    if (detail) step.detail = detail.slice(0, maxTextLength);
    this.journal.note([`${name}: ${state}`, error ?? detail ?? ''].filter((part) => part !== '').join(': '));
    this.changed();
  }

  /** Ends a step that people skipped; `said` is who did and why. */
  skip(name: string, said: string): void {
    this.current(name).skippedBy = said.slice(0, maxTextLength);
    this.end(name, 'skipped', { detail: `skipped by ${said}` });
  }

  /** Shows the verdict of each gate beside its step and in the timeline; a deviation with what was seen. */
  setGates(name: string, results: readonly (GateLine & { samples: readonly string[] })[]): void {
    this.get(name).gates = results.map((gate) => ({
      name: gate.name,
      verdict: gate.verdict,
      reason: gate.reason.slice(0, maxGateReasonLength),
      ...(gate.verdict !== 'pass' && gate.samples[0] && { sample: gate.samples[0].slice(0, maxGateReasonLength) }),
    }));
    for (const gate of results) {
      this.journal.note(`${name}: ${gate.name} ${verdictWords[gate.verdict]}: ${gate.reason}`);
      if (gate.verdict === 'pass') continue;
      for (const sample of gate.samples) this.journal.note(`${gate.name}: ${sample}`);
    }
  }

  /** Makes steps pending again for a further pass; their attempts go on counting. */
  resetForNextPass(names: readonly string[]): void {
    for (const name of names) {
      const step = this.get(name);
      if (name === 'approval') continue;
      Object.assign(step, { state: 'pending', startedAt: null, endedAt: null, error: null });
      delete step.detail;
      delete step.skippedBy;
    }
    this.changed();
  }

  private find(name: string): StepStatus | undefined {
    return this.status.steps.find((step) => step.name === name);
  }

  /** An unplanned step (a restore, a decision) stands where it happens: before all that is still to come. */
  private current(name: string): StepStatus {
    return this.find(name) ?? this.insert(name, ({ state }) => state === 'pending');
  }

  private insert(name: string, isBehind: (step: StepStatus) => boolean): StepStatus {
    const { steps } = this.status;
    const step: StepStatus = { name, state: 'pending', startedAt: null, endedAt: null, attempts: 0, error: null };
    const at = steps.findIndex(isBehind);
    steps.splice(at < 0 ? steps.length : at, 0, step);
    return step;
  }
}
