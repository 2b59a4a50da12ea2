import type { CallLog } from '../server/call-log.ts';
import type { Faults } from '../server/faults.ts';
import type { HttpRoute } from '../server/http.ts';
import type { Operations } from './operations.ts';
import type { Identity } from './identity.ts';
import type { Permissions } from '../server/permissions.ts';
import type { Pipeline } from '../server/pipeline.ts';
import type { Quotas } from '../server/quota.ts';
import type { RpcService } from '../server/rpc.ts';
import type { Store } from '../store/store.ts';
import type { Tempo } from '../server/tempo.ts';
import type { World } from './world.ts';

/** Severities of google.logging.type.LogSeverity. */
export type Severity =
  'DEFAULT' | 'DEBUG' | 'INFO' | 'NOTICE' | 'WARNING' | 'ERROR' | 'CRITICAL' | 'ALERT' | 'EMERGENCY';

export interface LogHttpRequest {
  requestMethod: string;
  requestUrl: string;
  requestSize?: string;
  status: number;
  responseSize?: string;
  userAgent?: string;
  remoteIp?: string;
  serverIp?: string;
  protocol?: string;
  /** Seconds with a fraction, as "0.012s". */
  latency: string;
}

/**
 * An entry that the platform itself writes to the log. `logName` is the id without the project, such as
 * `run.googleapis.com/stdout`.
 */
export interface LogEntryInput {
  logName: string;
  resource: { type: string; labels: Record<string, string> };
  labels?: Record<string, string>;
  severity?: Severity;
  timestamp: Date;
  textPayload?: string;
  jsonPayload?: Record<string, unknown>;
  /** A message in its JSON form, with its type in `@type`. */
  protoPayload?: Record<string, unknown>;
  httpRequest?: LogHttpRequest;
  /** `projects/<project>/traces/<id>` */
  trace?: string;
  spanId?: string;
}

export interface LogSink {
  write(entry: LogEntryInput): void;
}

/** An image that can be run. `path` is a read-only, content-addressed snapshot of a source folder with a Procfile. */
export interface ResolvedImage {
  /** `sha256:<64 hex>` */
  digest: string;
  path: string;
  /** Of an index: the digest of the image of it that runs here. */
  platform?: string;
}

export interface Images {
  /** Resolves a reference by tag or by `@sha256:` digest; one with neither means the tag `latest`. */
  resolve(reference: string): ResolvedImage | undefined;
  /**
   * Stores a snapshot of the folder by its digest, and points the reference at it. A reference is
   * `host/project/repository/name[:tag]`.
   */
  add(reference: string, folder: string): Promise<ResolvedImage>;
}

export interface Secrets {
  /** Reads a secret. `name` is a short id or `projects/P/secrets/S`; `version` is a number or `latest`. */
  access(name: string, version: string): Buffer | undefined;
}

/**
 * The ground that all parts of the emulator share. `logs`, `images` and `secrets` may be used once the parts were
 * composed (see main.ts).
 */
export interface Cloud {
  project: string;
  region: string;
  /** The folder in which this emulator keeps everything. */
  dir: string;
  gitDir: string;
  /** Known from the start of the process, before the server listens. */
  httpPort: number;
  store: Store;
  operations: Operations;
  calls: CallLog;
  faults: Faults;
  permissions: Permissions;
  identity: Identity;
  tempo: Tempo;
  world: World;
  quotas: Quotas;
  pipeline: Pipeline;
  logs: LogSink;
  images: Images;
  secrets: Secrets;
}

/** One part of the emulator: what it serves, and what it does when the process begins and ends. */
export interface Part {
  rpc?: RpcService[];
  http?: HttpRoute[];
  /** Called after every part exists and before the servers listen: takes up what a killed process left. */
  start?(): Promise<void> | void;
  /** Called on SIGTERM, in reverse order. */
  stop?(): Promise<void> | void;
}

export interface LoggingPart extends Part {
  logs: LogSink;
}
export interface RegistryPart extends Part {
  images: Images;
}
export interface SecretsPart extends Part {
  secrets: Secrets;
}
