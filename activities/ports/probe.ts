/** Says whether an answer of the platform is one that Slipway is built for; `unknown` where there is no answer. */
export type Verdict = 'same' | 'different' | 'unknown';

/** One line of a probe's table. */
export interface ProbeRow {
  /** The row of docs/platform-assumptions.md. */
  id: string;
  question: string;
  /** One of a few phrases; null where nobody could tell. */
  answer: string | null;
  /** The figures behind the answer, or why there is none; empty if there is nothing to add. */
  detail: string;
  /** The answers that Slipway is built for; none where any will do. */
  assumed: readonly string[];
  verdict: Verdict;
  /** What another answer means for a release; empty where any will do. */
  otherwise: string;
}

/** Something that an earlier probe has left. */
export interface Leftover {
  /** Kind and name, such as `service slipway-probe-1a2b3c`. */
  what: string;
  /** RFC 3339. */
  createdAt: string;
  /** False while the probe that made it may still run. */
  isAbandoned: boolean;
  /** Removes it, and waits until it is gone. */
  remove(): Promise<void>;
}

/** A person's questions to a platform, with all that it takes to ask them. */
export interface Probe {
  /** What it asks, in a few words, such as `Google Cloud, project p, region us-central1`. */
  platform: string;
  /** What it makes, what that costs, and how long it takes: a line each. */
  plan: readonly string[];
  /** How many questions there are. */
  questions: number;
  findLeftovers(): Promise<Leftover[]>;
  /** Asks all questions, and removes all that it made, also when it is aborted or fails. */
  run(options: ProbeOptions): Promise<ProbeResult>;
  close(): Promise<void>;
}

export interface ProbeOptions {
  /** Aborts the questions, and never the removal. */
  signal: AbortSignal;
  /** Gets each line of the table as soon as it is known. */
  tell(row: ProbeRow): void;
}

export interface ProbeResult {
  rows: ProbeRow[];
  /** False if it was aborted before the last question. */
  isComplete: boolean;
  /** What could not be removed, and why. */
  left: string[];
}
