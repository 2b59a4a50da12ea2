import type { Artifact } from '../../contract/artifact.ts';
import type { BuildEntry, CatalogEntry, CatalogFile } from '../../contract/catalog/catalog.ts';
import type { CallerBell, EnvironmentLease } from '../../contract/bells.ts';
import type { JoinAnswer, EnvironmentStatus } from '../../contract/environment.ts';
import type { LedgerEntry } from '../../contract/ledger.ts';
import type { Plan, PlannedMigration } from '../../contract/plan.ts';
import type { Signatures } from './signatures.ts';
import type { Train } from '../../contract/release.ts';
import type { ChangeStatus } from '../../contract/status.ts';
import type { PlatformPorts } from './platform.ts';
import type { Progress } from './target.ts';

/** The ports that the activities close over; adapters implement them, tests fake them by hand. */

export interface Sources {
  /** The commit as the repository knows it, or why it may not be released; `anew` looks at the branch as it is now. */
  commit(
    repository: CatalogFile['repository'],
    commit: string,
    options?: { anew?: boolean },
  ): Promise<{ found: boolean; onBranch: boolean; subject: string }>;
  /** Whether one commit has another in its history; a commit has itself. */
  includes(repository: CatalogFile['repository'], commit: string, earlier: string): Promise<boolean>;
  /** Migrations of a commit in order, with their declared compatibility (first line `-- slipway: compatible`). */
  migrations(repository: CatalogFile['repository'], commit: string, directory: string): Promise<PlannedMigration[]>;
  /** The files of a commit in a folder of their own, for programs that the commit brings. */
  checkout(repository: CatalogFile['repository'], commit: string): Promise<Checkout>;
}

export interface Checkout {
  folder: string;
  /** Folders in it in which `npm ci` has run. */
  installed: Set<string>;
  /** Removes the folder. */
  close(): Promise<void>;
}

export interface Builds {
  /** The digest of an earlier build of the commit, or undefined. */
  find(build: BuildEntry, commit: string): Promise<Artifact | undefined>;
  /** Builds the commit and follows the build to its end; a repeat finds the build that is under way. */
  run(
    build: BuildEntry,
    repository: CatalogFile['repository'],
    commit: string,
    change: string,
    progress: Progress,
    signal: AbortSignal,
  ): Promise<Artifact>;
  /** The commit that an image was built from, or empty. */
  commitOf(build: BuildEntry, image: string): Promise<string>;
  /** Whether the registry still has an image, so that a revision or a job can be given it. */
  isStored(build: BuildEntry, image: string): Promise<boolean>;
}

export interface Metrics {
  /**
   * The values that a PromQL query has at a moment (RFC 3339): one for each series. `address` is the catalog's, else
   * the worker's own is asked.
   */
  query(address: string | undefined, promql: string, at: string): Promise<number[]>;
  /** Whether there is anybody to ask. */
  isKnown(address: string | undefined): boolean;
}

/** One check of a commit, as a forge reports it; `conclusion` is null while it runs. */
export interface CheckRun {
  name: string;
  status: string;
  conclusion: string | null;
  url: string;
}

export interface Checks {
  /** The latest run of each check of a commit. */
  ofCommit(repository: string, commit: string): Promise<CheckRun[]>;
}

/** Environment workflows, as seen by a run. */
export interface Environments {
  /** The status of an environment; null where there is none, or where it has not read its ledger yet. */
  statusOf(service: string, environment: string): Promise<EnvironmentStatus | null>;
  /** Who holds it, which rollback waits for that holder, and the freeze that is on; null where there is none. */
  lease(service: string, environment: string): Promise<EnvironmentLease | null>;
  /** The plan of a change that runs; null where nobody answers. */
  planOf(workflowId: string): Promise<Plan | null>;
  join(service: string, environment: string, caller: CallerBell): Promise<JoinAnswer>;
  leave(service: string, environment: string, caller: CallerBell): Promise<{ number: number } | null>;
  /** Returns when a run has closed, through continue-as-new and reset, and says how. */
  follow(
    workflowId: string,
    firstExecutionRunId: string,
    progress: Progress,
    signal: AbortSignal,
  ): Promise<{ status: string }>;
}

/** Where ledgers outlive every run. */
export interface Evidence {
  appendLedger(service: string, environment: string, entry: LedgerEntry): Promise<void>;
  readLedger(service: string, environment: string): Promise<LedgerEntry[]>;
}

export interface Catalog {
  resolve(service: string, environment: string): Promise<CatalogEntry | { path: string; message: string }>;
  places(service?: string, environment?: string): Promise<CatalogEntry[]>;
  /** The way of a release of this service, or the problem of naming it. */
  train(service: string): Promise<Train | { path: string; message: string }>;
}

/** A run as the server describes it. */
export interface RunDescription {
  runId: string;
  firstExecutionRunId: string;
  isOpen: boolean;
  /** Its workflow type. */
  type: string;
  taskQueue: string;
}

/** What a run says of itself; nothing of it is parsed. */
export interface LeaseAnswer {
  /** The environment that it is about. */
  service: unknown;
  environment: unknown;
  /** Its answer to the query `lease`; undefined where it does not know that query. */
  lease: unknown;
}

/** Other runs, as a run hands messages on to them and asks them. */
export interface Runs {
  /** Null where there is no such run. */
  describe(workflowId: string): Promise<RunDescription | null>;
  /** Asks a run that was described what it wants of its environment. */
  leaseOf(workflowId: string, runId: string): Promise<LeaseAnswer>;
  /** Answer of a change to the query `status`; null where there is no such run. */
  statusOf(workflowId: string): Promise<ChangeStatus | null>;
  /** Sends a message by update and waits for the answer; a refusal is an answer, too. */
  send(
    workflowId: string,
    name: string,
    payload: unknown,
    updateId: string,
  ): Promise<{ answer: string } | { refused: string }>;
  /** The workflow type of a run. */
  typeOf(workflowId: string, runId: string): Promise<string>;
}

/** What a worker knows of its own connection, so that a command in a status can be pasted as it stands. */
export interface Connection {
  address: string;
  namespace: string;
  knownSearchAttributes(): Promise<string[]>;
}

export interface Ports extends PlatformPorts {
  catalog: Catalog;
  connection: Connection;
  sources: Sources;
  builds: Builds;
  metrics: Metrics;
  environments: Environments;
  evidence: Evidence;
  signatures: Signatures;
  runs: Runs;
  checks: Checks;
}
