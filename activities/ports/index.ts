import type { Artifact } from '../../contract/artifact.ts';
import type { BaselineEntry } from '../../contract/catalog/baseline.ts';
import type { BuildEntry } from '../../contract/catalog/build.ts';
import type { CatalogEntry, CatalogFile } from '../../contract/catalog/catalog.ts';
import type { RepositoryEntry } from '../../contract/catalog/repository.ts';
import type { CallerBell, EnvironmentLease } from '../../contract/bells.ts';
import type { JoinAnswer, EnvironmentStatus } from '../../contract/environment.ts';
import type { Point } from '../../contract/incident/look.ts';
import type { CommitsBetween, Plan } from '../../contract/plan.ts';
import type { MigrationFolder } from '../migrations/index.ts';
import type { ListedMigrations } from '../migrations/list.ts';
import type { Attestations } from './attestations.ts';
import type { Databases } from './databases.ts';
import type { Ledgers } from './ledger.ts';
import type { ProgramFolders, Programs } from './programs.ts';
import type { Messengers, WorkerSecrets } from './notifications.ts';
import type { Signatures } from './signatures.ts';
import type { Tickets } from './tickets.ts';
import type { Train } from '../../contract/release.ts';
import type { ChangeStatus } from '../../contract/status.ts';
import type { PlatformPorts } from './platform.ts';
import type { Progress } from './target.ts';
import type { Work } from './work.ts';

/** Ports that the activities close over. Adapters implement them, tests fake them by hand. */

export interface Sources {
  /** Finds a commit in the repository and on the release branch as it is now: somebody may have taken it off. */
  commit(
    repository: CatalogFile['repository'],
    commit: string,
  ): Promise<{ found: boolean; onBranch: boolean; subject: string }>;
  /** Says whether one commit has another in its history; a commit has itself. */
  includes(repository: CatalogFile['repository'], commit: string, earlier: string): Promise<boolean>;
  /** Tells what a commit has that an earlier one has not, and the other way round. */
  between(repository: CatalogFile['repository'], earlier: string, commit: string): Promise<CommitsBetween>;
  /** Lists a commit's migrations in order, with what they declare, or says why that cannot be done. */
  migrations(repository: CatalogFile['repository'], commit: string, folder: MigrationFolder): Promise<ListedMigrations>;
  /** Reads a file of a commit; null if the commit does not have it. */
  file(repository: CatalogFile['repository'], commit: string, path: string): Promise<string | null>;
  /** Finds the commit at the head of the release branch as it is now. */
  head(repository: CatalogFile['repository']): Promise<string>;
  /** Packs a commit's files, or those of one folder of it, as a `.tar.gz`. A file that is added stands for its own. */
  archive(
    repository: CatalogFile['repository'],
    commit: string,
    directory: string | undefined,
    added: AddedFile | null,
  ): Promise<Buffer>;
  /** Checks a commit out into a folder of its own, for programs that the commit brings. */
  checkout(repository: CatalogFile['repository'], commit: string): Promise<Checkout>;
}

/** A file that a build makes besides those of the commit; its path is below the folder that is built. */
export interface AddedFile {
  path: string;
  text: string;
}

export interface Checkout extends ProgramFolders {
  /** Folders in it in which `npm ci` has run. */
  installed: Set<string>;
  /** Removes the folder. */
  close(): Promise<void>;
}

export interface Builds {
  /** Finds the artifact of an earlier build of the commit. */
  find(build: BuildEntry, commit: string): Promise<Artifact | undefined>;
  /** Says what the worker lacks to build at all; null if nothing. */
  missing(build: BuildEntry): Promise<string | null>;
  /** Builds the commit and follows the build to its end. A repeat finds the build that is under way. */
  run(work: Work): Promise<Artifact>;
  /** Finds the commit of an image; empty if nothing tells. */
  commitOf(build: BuildEntry, image: string): Promise<string>;
  /** Names a build of ours that made the digest and was given the commit; null if there is none. */
  builtBy(build: BuildEntry, repository: RepositoryEntry, artifact: Artifact): Promise<string | null>;
  /** Says whether the registry still has an image, so that a revision or a job can be given it. */
  isStored(build: BuildEntry, image: string): Promise<boolean>;
}

/** The registry of images, asked about what one image is made of. */
export interface Images {
  /** Lists the digests of an index's images, and of the configurations of the image or of those. */
  partsOf(image: string): Promise<string[]>;
}

export interface Metrics {
  /**
   * Asks for the values of a PromQL query at a moment (RFC 3339), one for each series. Without `address` the worker's
   * own Prometheus is asked.
   */
  query(address: string | undefined, promql: string, at: string): Promise<number[]>;
  /** Asks the same, with the labels of each series. */
  series(address: string | undefined, promql: string, at: string): Promise<Series[]>;
  /** Asks for the values over a time, one each step, by series; values that are no number are left out. */
  range(address: string | undefined, promql: string, range: Range): Promise<RangeSeries[]>;
  /** Names the page of a query, where a person sees its answer; null if there is no Prometheus to ask. */
  pageOf(address: string | undefined, promql: string, at: string): string | null;
  /**
   * Says why a query is refused, or answers no numbers; null where it is taken, or where nobody answers before the
   * signal.
   */
  refusalOf(address: string | undefined, promql: string, at: string, signal?: AbortSignal): Promise<string | null>;
  /** Says whether there is a Prometheus to ask. */
  isKnown(address: string | undefined): boolean;
}

/** A time (RFC 3339), and how far its values are apart. */
export interface Range {
  since: string;
  until: string;
  stepSeconds: number;
}

/** Holds the values of one series over a time, the oldest first. */
export interface RangeSeries {
  labels: Record<string, string>;
  points: Point[];
}

/** Holds the value of one series at a moment. */
export interface Series {
  labels: Record<string, string>;
  value: number;
}

/** Selects alerts by their labels; one without the label `environment` is about all of them. */
export interface AlertQuery {
  /** Names that the label `service` may have. */
  services: readonly string[];
  environment: string;
}

/** An alert that fires, as Alertmanager knows it. */
export interface FiringAlert {
  fingerprint: string;
  /** RFC 3339; with the fingerprint it names the episode. */
  startsAt: string;
  /** The label `alertname`. */
  name: string;
  /** The label `severity`; empty if it has none. */
  severity: string;
  summary: string;
  /** True if nobody is told of it, because of a silence or another alert. */
  suppressed: boolean;
}

/** Asks Alertmanager, without which an alert is a stranger's message. */
export interface Alerts {
  /** Lists the alerts that fire, silenced ones too; `null` is all of them. */
  find(query: AlertQuery | null): Promise<FiringAlert[]>;
  /** Says since when it runs, RFC 3339: it keeps alerts in memory only, and forgets them when it starts again. */
  startedAt(): Promise<string>;
  /** Names the page that shows them; null if there is no Alertmanager to ask. */
  pageOf(query: AlertQuery): string | null;
}

/** Holds one check of a commit, as a forge reports it; `conclusion` is null while it runs. */
export interface CheckRun {
  name: string;
  /** Id of the app that reports it; null if the forge does not say. */
  app: number | null;
  status: string;
  conclusion: string | null;
  url: string;
}

export interface Checks {
  /** Reads the latest run of each check of a commit. */
  ofCommit(repository: string, commit: string): Promise<CheckRun[]>;
}

/** Environment workflows, as seen by a run. */
export interface Environments {
  /** Asks for the status of an environment; null if there is none, or its ledger is not read yet. */
  statusOf(service: string, environment: string): Promise<EnvironmentStatus | null>;
  /** Asks who holds it, which rollback waits for that holder, and which freeze is on; null if there is none. */
  lease(service: string, environment: string): Promise<EnvironmentLease | null>;
  /** Asks a running change for its plan; null if nobody answers. */
  planOf(workflowId: string): Promise<Plan | null>;
  join(service: string, environment: string, caller: CallerBell): Promise<JoinAnswer>;
  leave(service: string, environment: string, caller: CallerBell): Promise<{ number: number } | null>;
  /** Has it ask an incident whether it is to be frozen; starts it where it does not run. */
  announceIncident(service: string, environment: string, caller: CallerBell): Promise<{ frozen: boolean }>;
  /** Has it look whether it drifted. */
  announceDrift(service: string, environment: string, caller: CallerBell): Promise<{ drifted: boolean }>;
  /** Waits until a run has closed, through continue-as-new and reset, and says how. */
  /** Says how a run has closed, through continue-as-new and reset; null while it is open. */
  closed(workflowId: string, firstExecutionRunId: string): Promise<string | null>;
  follow(
    workflowId: string,
    firstExecutionRunId: string,
    progress: Progress,
    signal: AbortSignal,
  ): Promise<{ status: string }>;
}

/** Keeps texts under the SHA-256 of their bytes, as hexadecimal digits. What is kept stays as it is. */
export interface EvidenceObjects {
  /** Keeps a text, which has no secret any more, and answers its hash. A repeat changes nothing. */
  keep(text: string): Promise<string>;
  /** Reads what is kept under a hash, whether it still has it or not; null if there is nothing. */
  read(sha256: string): Promise<Buffer | null>;
}

/** Stores ledgers and evidence where they outlive every run. */
export interface Evidence extends EvidenceObjects, Ledgers {}

/** Says why the catalog has no entry of a name. */
export interface MissingEntry {
  path: string;
  message: string;
  /** True if it may stand in what cannot be read now: a half-saved file, or a variable that is not set. */
  isUnread?: boolean;
}

export interface Catalog {
  /** Reads a file that a catalog file names, by its path below the catalog; null if there is none. */
  file(path: string): Promise<string | null>;
  resolve(service: string, environment: string): Promise<CatalogEntry | MissingEntry>;
  places(service?: string, environment?: string): Promise<CatalogEntry[]>;
  /** Resolves the way of a release of this service, or names the problem. */
  train(service: string): Promise<Train | { path: string; message: string }>;
  /** Finds what the baseline of a service is, or names the problem. */
  baseline(service: string): Promise<ServiceBaseline | { path: string; message: string }>;
}

/** Holds the baseline of a service with the repository that its commands are of. */
export interface ServiceBaseline {
  repository: CatalogFile['repository'];
  baseline: BaselineEntry;
}

/** Describes a run as the server does. */
export interface RunDescription {
  runId: string;
  firstExecutionRunId: string;
  isOpen: boolean;
  /** Its workflow type. */
  type: string;
  taskQueue: string;
}

/** An activity of a run that has not ended, as the server describes it. */
export interface PendingActivity {
  activityId: string;
  /** Number of the try that is under way, or comes next. */
  attempt: number;
  /** Message of the last try that failed; null if none did. */
  failure: string | null;
  /** What it says of its work; undefined before its first word. */
  heartbeat: unknown;
}

/** Holds what a run says of itself; nothing of it is parsed. */
export interface LeaseAnswer {
  /** The environment that it is about. */
  service: unknown;
  environment: unknown;
  /** Its answer to the query `lease`; undefined where it does not know that query. */
  lease: unknown;
}

/** Reaches other runs: describes them, asks them and sends them messages. */
export interface Runs {
  /** Describes a run, the newest of its id where none is named; null if there is no such run. */
  describe(workflowId: string, runId?: string): Promise<RunDescription | null>;
  /** Reads what the newest runs of a workflow id were started with; nothing of it is parsed. */
  inputsOf(workflowId: string): Promise<{ runId: string; input: unknown }[]>;
  /** Asks a run that was described what it wants of its environment. */
  leaseOf(workflowId: string, runId: string): Promise<LeaseAnswer>;
  /** Asks a change for its status, the newest of its id where no run is named; null if there is no such run. */
  statusOf(workflowId: string, runId?: string): Promise<ChangeStatus | null>;
  /** Sends a message by update and waits for the answer; a refusal is an answer, too. */
  send(
    workflowId: string,
    name: string,
    payload: unknown,
    updateId: string,
  ): Promise<{ answer: string } | { refused: string }>;
  /** Lists the activities of a run that have not ended. */
  pendingActivities(workflowId: string, runId: string): Promise<PendingActivity[]>;
}

/** Holds a worker's own connection, so that a command in a status can be pasted as it stands. */
export interface Connection {
  address: string;
  namespace: string;
  /** Root of the Temporal UI; undefined when none is known. */
  ui: string | undefined;
  knownSearchAttributes(): Promise<string[]>;
  /** Names the namespace as signed statements do (`installationName`). */
  installation(): Promise<string>;
  /** Time after which a run says what a step waits for; absent for the usual. */
  standstillMs?: number;
}

export interface Ports extends PlatformPorts {
  catalog: Catalog;
  connection: Connection;
  sources: Sources;
  attestations: Attestations;
  builds: Builds;
  metrics: Metrics;
  alerts: Alerts;
  environments: Environments;
  evidence: Evidence;
  signatures: Signatures;
  runs: Runs;
  checks: Checks;
  messengers: Messengers;
  workerSecrets: WorkerSecrets;
  databases: Databases;
  programs: Programs;
  tickets: Tickets;
}
