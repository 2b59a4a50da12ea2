import { setCurrentDetails, workflowInfo } from '@temporalio/workflow';
import type { Diagnosis } from '../../contract/diagnosis.ts';
import { changeId } from '../../contract/ids.ts';
import type { SearchAttributeName } from '../../contract/search-attributes.ts';
import type { ChangeStatus, Phase, RunStatus, TimelineEntry, WaitingFor } from '../../contract/status.ts';
import { Journal } from './journal.ts';
import { publishAttributes, publishMemo } from './publication.ts';
import { shownPhase } from './shown-phase.ts';
import { StepList } from './step-list.ts';

type Describe<Status> = (status: Status, timeline: readonly TimelineEntry[]) => string;

/** Keeps what people see of a run in step: status, timeline, current details, memo and search attributes. */
export class RunRecord<Status extends RunStatus = RunStatus> {
  readonly status: Status;
  readonly steps: StepList;
  /** Called after each publication; a run below a release passes it on. */
  onPublish: () => void = () => undefined;
  /** Called whenever a phase or a wait begins; who tells people of it listens here. */
  onEnter: () => void = () => undefined;
  private readonly journal: Journal;
  /** The phase that the timeline says last. */
  private notedPhase: Phase;
  private readonly markdown: () => string;
  /** Names that the server knows; empty until the resolution has told. */
  private knownAttributes: readonly string[] = [];
  private published: Record<string, string> = {};

  /** `markdown` renders the current details for the Temporal UI. */
  constructor(status: Status, markdown: Describe<Status>) {
    this.status = status;
    this.notedPhase = status.phase;
    this.markdown = () => markdown(this.shown, this.timeline);
    this.journal = new Journal(status.refused);
    this.steps = new StepList(status, this.journal, () => {
      this.notePhase();
      this.describe();
    });
  }

  get timeline(): readonly TimelineEntry[] {
    return this.journal.timeline;
  }

  /** Answers the status as people see it: the phase that is published may be behind the steps. */
  get shown(): Status {
    return { ...this.status, phase: shownPhase(this.status) };
  }

  /** Moves to a phase and to what is waited for in it, and publishes both. */
  enter(phase: Phase, waitingFor: WaitingFor | null = null): void {
    this.status.phase = phase;
    this.status.waitingFor = waitingFor;
    this.notePhase();
    if (waitingFor) this.note(`waits for ${waitingFor.what}`);
    this.publish();
    this.onEnter();
  }

  /** Publishes what is waited for in the phase that the run is in. */
  wait(waitingFor: WaitingFor | null): void {
    this.status.waitingFor = waitingFor;
    this.publish();
  }

  note(what: string): void {
    this.journal.note(what);
  }

  /** Shows why something probably failed; what was known already stays where nothing new is. */
  diagnose(found: Diagnosis[]): void {
    if (found.length === 0) return;
    this.status.diagnosis = found;
    for (const { cause, fix } of found) this.note(`likely cause: ${cause}; fix: ${fix}`);
    this.describe();
  }

  /** Forgets a diagnosis: what had failed has passed. */
  forgetDiagnosis(): void {
    delete this.status.diagnosis;
  }

  refuse(message: string, by: string, reason: string): void {
    this.journal.refuse(message, by, reason);
    this.describe();
  }

  /** Publishes search attributes from here on, those that the server knows. */
  setKnownAttributes(known: readonly string[]): void {
    this.knownAttributes = known;
  }

  conclude(phase: Phase, outcome: string): void {
    this.status.outcome = outcome;
    this.note(outcome);
    this.enter(phase);
  }

  describe(): void {
    setCurrentDetails(this.markdown());
  }

  private notePhase(): void {
    const phase = shownPhase(this.status);
    if (phase !== this.notedPhase) this.note(`phase ${phase}`);
    this.notedPhase = phase;
  }

  private publish(): void {
    publishMemo(this.status.phase, this.status.waitingFor, this.status.outcome);
    this.publishAttributes();
    this.describe();
    this.onPublish();
  }

  private publishAttributes(): void {
    const { service, environment, phase, commit, digest, severity = '' } = this.status;
    const values: Partial<Record<SearchAttributeName, string>> = {
      SlipwayService: service,
      SlipwayEnvironment: environment,
      SlipwayPhase: phase,
      SlipwayCommit: commit,
      SlipwayDigest: digest,
      SlipwaySeverity: severity,
    };
    const changed = Object.entries(values).filter(([name, value]) => value !== '' && this.published[name] !== value);
    Object.assign(this.published, publishAttributes(Object.fromEntries(changed), this.knownAttributes));
  }
}

/** Creates the status of a change, or of a release, that has just started. */
export function newChangeStatus(kind: ChangeStatus['kind']): ChangeStatus {
  return {
    ...newRunStatus(),
    change: changeId(workflowInfo().firstExecutionRunId),
    kind,
    requestedBy: '',
    reason: '',
    plan: '',
    approvals: [],
  };
}

/** Creates the part of a status that every run has when it has just started. */
export function newRunStatus(): RunStatus {
  return {
    phase: 'starting',
    service: '',
    environment: '',
    commit: '',
    digest: '',
    steps: [],
    waitingFor: null,
    refused: { count: 0, last: [] },
    outcome: null,
  };
}
