import type { Artifact } from '../../contract/artifact.ts';
import type { CatalogFile } from '../../contract/catalog/catalog.ts';
import type { TargetEntry } from '../../contract/catalog/targets/index.ts';
import type { Served } from '../../contract/ledger.ts';
import type { Marker } from '../../contract/fence.ts';
import type {
  Candidate,
  HealthCheck,
  JobRun,
  LiveState,
  ReadBack,
  ServingRevision,
  Snapshot,
} from '../../contract/live.ts';
import type { RotatedSecret } from '../../contract/plan.ts';

/**
 * Carries a service in an environment. A further platform is a further implementation; no workflow knows one from
 * another.
 * Every writing method is safe to repeat (invariant I1): it looks for its own marker first and adopts what is there.
 * Its write is conditional on the recorded fence and on the state that the step before left (`expected`, a
 * LiveState.key); it throws `StaleFence` or `Drifted` otherwise, and `Contested` where it would overwrite what somebody
 * else has set, and no person has decided so.
 */
export interface Target<Entry extends TargetEntry = TargetEntry> {
  observe(target: Entry): Promise<LiveState>;
  /** Lists the revisions that the platform still has, whether they serve or not. Writes nothing. */
  revisions(target: Entry): Promise<KnownRevision[]>;
  /** Reads the write with the highest recorded fence, of service or migration job; undefined if nothing was stamped. */
  lastWrite(target: Entry): Promise<Marker | undefined>;
  /** Lists work that is under way at the target, one line each; empty if its state is final. */
  pendingWork(target: Entry): Promise<string[]>;
  /**
   * Makes the checks of a day, in the platform's own words (runbook 001, section 1). A check that could not look is
   * inconclusive; what may pass by itself is thrown. Writes nothing.
   */
  health(target: Entry): Promise<HealthCheck[]>;
  /** Reads the state now, and whether a restore to it would succeed. Writes nothing. */
  snapshot(target: Entry): Promise<Snapshot>;
  /**
   * Throws `BadRequest` with everything that is wrong with what the repository says of the target at a commit, before
   * anything is built. `image` is the build's, without digest. Throws `Denied` where the platform says already that the
   * worker may not change the target. Writes nothing.
   */
  check(target: Entry, request: CheckRequest): Promise<void>;
  /**
   * Says what a release of the artifact would change of template or manifests, and what of others it would overwrite.
   * It throws `BadRequest` where the platform would refuse them. Values of secrets are hidden. Writes nothing.
   */
  difference(target: Entry, request: DifferenceRequest): Promise<TargetDifference>;
  /**
   * Records the fence at the target, so that writes of former holders are refused from here on. Answers the state's
   * key.
   */
  stamp(target: Entry, request: StampRequest): Promise<{ key: string }>;
  /** Brings the artifact up where no live traffic reaches it. */
  stage(target: Entry, request: StageRequest): Promise<Candidate>;
  /**
   * Gives the migration job the artifact's image, reads it back, and answers the version that a run is conditional
   * on.
   */
  syncMigration(target: Entry, request: SyncJobRequest): Promise<JobReady>;
  /** Does the same with the job of the post-deploy smoke, which may not be there yet. */
  syncSmoke(target: Entry, request: SyncJobRequest): Promise<JobReady>;
  /** Does the same with the job of evidence, which may not be there yet. */
  syncEvidence(target: Entry, request: SyncJobRequest): Promise<JobReady>;
  /**
   * Runs the command of such a job exactly once and waits for its end. A failed execution is an answer, not an error.
   */
  runJob(target: Entry, request: RunJobRequest): Promise<JobRun>;
  /** Gives the candidate its share of the traffic and waits until the platform says so. */
  shift(target: Entry, request: ShiftRequest): Promise<Shifted>;
  /**
   * Makes all instances of what serves anew, with the same image and the same template, and waits until they are ready.
   * Answers the revision that they have by then. Throws `GateFailed` if they do not become ready.
   */
  restart(target: Entry, request: RestartRequest): Promise<Shifted>;
  /** Lists the secrets that a revision's variables carry, with the versions that it reads. Writes nothing. */
  secretsInUse(target: Entry, revision: string): Promise<SecretInUse[]>;
  /** Lists what reads this version of a secret here and would not start without it, one line each. Writes nothing. */
  secretReaders(target: Entry, secret: string, version: string): Promise<string[]>;
  /** Brings what serves up once more, with other versions of its secrets, where no live traffic reaches it. */
  stageSecrets(target: Entry, request: StageSecretsRequest): Promise<Candidate>;
  /** Gives the jobs that stand beside the service the versions that it has by now. */
  syncJobSecrets(target: Entry, request: SyncJobSecretsRequest): Promise<void>;
  /** Compares what serves with what should (invariants I2 and I7). Writes nothing. */
  readBack(target: Entry, request: ReadBackRequest): Promise<ReadBack>;
  /**
   * Lists how traffic, settings and versions of secrets of what serves differ from the revision that the ledger has,
   * one line each, and never a value. The image is the same. Writes nothing.
   */
  settingsDrift(target: Entry, ledger: Served): Promise<string[]>;
  /** Restores the snapshot: traffic first, then template and job, then the traffic's shape. */
  restore(target: Entry, request: RestoreRequest): Promise<ReadBack>;
  /**
   * Counts requests in the target's own request log, at most `limit`; null if the platform keeps no such log. Entries
   * may take a while to arrive.
   */
  requestsServed(target: Entry, query: RequestsQuery): Promise<number | null>;
  /** Reads the log of one execution in the order of time, and nobody else's entries. */
  executionLog(target: Entry, query: ExecutionLogQuery): Promise<ExecutionLog>;
  /** Reads what one execution has written, line by line as it was written, in the order of time. */
  executionOutput(target: Entry, query: ExecutionLogQuery): Promise<ExecutionOutput>;
}

/** A revision that the platform has; digest and commit are empty where it does not tell them. */
export type KnownRevision = Pick<ServingRevision, 'revision' | 'digest' | 'image' | 'commit'>;

export interface RequestsQuery {
  /** From this moment on (RFC 3339). */
  since: string;
  /** The revision that served them; null for any. */
  revision: string | null;
  userAgent: { is: string } | { lacks: string };
  limit: number;
}

export interface ExecutionLogQuery {
  /** By whole or short name. */
  execution: string;
  since: string;
}

export interface ExecutionLog {
  lines: string[];
  /**
   * True once the end of its container is in the log: before that, a missing line means nothing. It stays false where
   * the platform cannot tell.
   */
  isComplete: boolean;
}

export interface ExecutionOutput {
  lines: OutputLine[];
  /** As in an ExecutionLog. */
  isComplete: boolean;
  /** True if there were more lines than are read. */
  isCut: boolean;
}

export interface OutputLine {
  /** `stdout` also where the platform keeps both streams in one log. */
  stream: 'stdout' | 'stderr';
  text: string;
}

export interface Progress {
  /** Reports what is going on, and throws if the work is given up. */
  (detail: Record<string, unknown>): void;
}

/** What every write brings with it. */
export interface WriteRequest {
  marker: Marker;
  progress: Progress;
  signal: AbortSignal;
}

export interface CheckRequest {
  repository: CatalogFile['repository'];
  commit: string;
  image: string;
}

export type DifferenceRequest = Pick<StageRequest, 'repository' | 'artifact' | 'variables' | 'secrets'>;

export interface TargetDifference {
  /** A unified difference; empty if nothing changes. */
  text: string;
  /** What somebody else has changed and the release would overwrite, one line each; never a value. */
  contested: string[];
}

/** A write that may overwrite what others have set, as far as a person has decided so. */
interface ForceableRequest extends WriteRequest {
  /** The lines of `contested` that a person has read and forces. */
  forced: readonly string[];
}

export interface StampRequest extends WriteRequest {
  expected: string;
}

export interface StageRequest extends ForceableRequest {
  expected: string;
  repository: CatalogFile['repository'];
  artifact: Artifact;
  variables: Record<string, string>;
  secrets: Record<string, { secret: string; version: string }>;
  snapshot: Snapshot;
}

export interface SyncJobRequest extends WriteRequest {
  repository: CatalogFile['repository'];
  artifact: Artifact;
  /** The revision that the job is for; null while nothing is staged yet. */
  revision: string | null;
  /** The marker of the run that follows in the same activity: once it was asked for, nothing is written any more. */
  run?: Marker;
  /** Settings of the job that were planned with (MigrationJobState); absent where any will do. */
  expected?: string | undefined;
  command: string[];
  args: string[];
  timeoutSeconds: number;
  variables: Record<string, string>;
  secrets: Record<string, { secret: string; version: string }>;
}

/** Describes the job after the sync. A run is conditional on exactly this. */
export interface JobReady {
  version: string;
  /** The number of the job's specification, which runs do not change; absent where the platform has none. */
  generation?: string;
  digest: string;
  job: string;
}

/** An attempt of a step that a person has had repeated before anybody saw what became of it. */
export interface EarlierRun {
  attempt: number;
  /** The job that it was to run. */
  ready: JobReady;
}

export interface RunJobRequest extends WriteRequest {
  ready: JobReady;
  /** An execution that one of these has started is followed, and no other one is started (invariant I1). */
  earlier?: readonly EarlierRun[];
  artifact: Artifact;
  command: string[];
  args: string[];
  timeoutSeconds: number;
}

export interface ShiftRequest extends ForceableRequest {
  expected: string;
  candidate: Candidate;
  percent: number;
  snapshot: Snapshot;
}

export interface RestartRequest extends WriteRequest {
  expected: string;
  snapshot: Snapshot;
}

/** A secret that a variable of what serves carries. */
export interface SecretInUse {
  variable: string;
  /** As the catalog names it. */
  secret: string;
  /** Its number; `latest` where the platform takes the newest each time that an instance starts. */
  version: string;
}

export interface StageSecretsRequest extends ForceableRequest {
  expected: string;
  snapshot: Snapshot;
  secrets: readonly RotatedSecret[];
}

export interface SyncJobSecretsRequest extends WriteRequest {
  secrets: readonly RotatedSecret[];
}

export interface Shifted {
  key: string;
  url: string;
  /** The revision's name where only the platform could give it; absent if it has the candidate's. */
  revision?: string;
}

export interface ReadBackRequest {
  artifact: Artifact;
  /** The revision that must serve; null if the run only verifies what serves. */
  revision: string | null;
  /** True if the migration job must have the same image. */
  withJob: boolean;
  /** True if what somebody else has changed since our last write is a problem, too. */
  withDrift: boolean;
}

export interface RestoreRequest extends ForceableRequest {
  snapshot: Snapshot;
  candidate: string | null;
}
