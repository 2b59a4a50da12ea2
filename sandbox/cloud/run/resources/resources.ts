/**
 * Cloud Run's resources in the descriptors' plain form: names for enums, text for 64-bit integers. Only the fields that
 * this part reads or writes are named; all others pass through untouched.
 */

export interface Timestamp {
  seconds: string;
  nanos: number;
}

export interface Duration {
  seconds: string | number;
  nanos: number;
}

export type ConditionState = 'CONDITION_PENDING' | 'CONDITION_RECONCILING' | 'CONDITION_FAILED' | 'CONDITION_SUCCEEDED';

export interface Condition {
  type: string;
  state: ConditionState;
  message?: string;
  lastTransitionTime: Timestamp;
  severity?: string;
  reason?: string;
  revisionReason?: string;
  executionReason?: string;
}

export interface EnvVar {
  name: string;
  value?: string;
  valueSource?: { secretKeyRef: { secret: string; version: string } | null } | null;
}

export interface Probe {
  initialDelaySeconds: number;
  timeoutSeconds: number;
  periodSeconds: number;
  failureThreshold: number;
  httpGet?: { path: string; port: number; httpHeaders?: { name: string; value: string }[] } | null;
  tcpSocket?: { port: number } | null;
}

export interface Container {
  name: string;
  image: string;
  command: string[];
  args: string[];
  env: EnvVar[];
  resources: { limits: Record<string, string>; cpuIdle: boolean; startupCpuBoost: boolean } | null;
  ports: { name: string; containerPort: number }[];
  workingDir: string;
  startupProbe: Probe | null;
}

export interface RevisionTemplate {
  revision: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  scaling: { minInstanceCount: number; maxInstanceCount: number } | null;
  timeout: Duration | null;
  serviceAccount: string;
  containers: Container[];
  executionEnvironment: string;
  maxInstanceRequestConcurrency: number;
}

export type TrafficType =
  | 'TRAFFIC_TARGET_ALLOCATION_TYPE_UNSPECIFIED'
  | 'TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST'
  | 'TRAFFIC_TARGET_ALLOCATION_TYPE_REVISION';

export interface TrafficTarget {
  type: TrafficType;
  revision: string;
  percent: number;
  tag: string;
}

export interface TrafficTargetStatus extends TrafficTarget {
  uri: string;
}

export interface Metadata {
  name: string;
  uid: string;
  generation: string;
  labels: Record<string, string>;
  annotations: Record<string, string>;
  createTime: Timestamp;
  updateTime: Timestamp;
  deleteTime?: Timestamp | null;
  conditions: Condition[];
  observedGeneration: string;
  reconciling: boolean;
  etag: string;
}

export interface Service extends Metadata {
  template: RevisionTemplate;
  traffic: TrafficTarget[];
  trafficStatuses: TrafficTargetStatus[];
  terminalCondition: Condition;
  latestReadyRevision: string;
  latestCreatedRevision: string;
  uri: string;
  urls: string[];
  defaultUriDisabled: boolean;
  /** True if nobody is asked for an identity; absent where no call has set it. */
  invokerIamDisabled?: boolean;
  ingress: string;
  launchStage: string;
  creator: string;
  lastModifier: string;
  /** When a deleted service will be gone for good. */
  expireTime?: Timestamp | null;
  /** The status of before a change that was accepted and has not begun; never a field of an answer. */
  before?: Partial<Service>;
}

export interface Revision extends Metadata {
  service: string;
  launchStage: string;
  scaling: RevisionTemplate['scaling'];
  timeout: Duration | null;
  serviceAccount: string;
  containers: Container[];
  executionEnvironment: string;
  maxInstanceRequestConcurrency: number;
  logUri: string;
  creator: string;
}

export interface TaskTemplate {
  containers: Container[];
  serviceAccount: string;
  maxRetries: number;
  timeout: Duration | null;
  executionEnvironment: string;
}

export interface ExecutionTemplate {
  labels: Record<string, string>;
  annotations: Record<string, string>;
  parallelism: number;
  taskCount: number;
  template: TaskTemplate;
}

export type CompletionStatus =
  'EXECUTION_SUCCEEDED' | 'EXECUTION_FAILED' | 'EXECUTION_RUNNING' | 'EXECUTION_PENDING' | 'EXECUTION_CANCELLED';

export interface ExecutionReference {
  name: string;
  createTime: Timestamp;
  completionTime: Timestamp | null;
  deleteTime: Timestamp | null;
  completionStatus: CompletionStatus;
}

export interface Job extends Metadata {
  template: ExecutionTemplate;
  terminalCondition: Condition;
  executionCount: number;
  latestCreatedExecution: ExecutionReference | null;
  launchStage: string;
  creator: string;
  lastModifier: string;
  startExecutionToken?: string;
  runExecutionToken?: string;
}

export interface Execution extends Metadata {
  job: string;
  creator: string;
  launchStage: string;
  startTime: Timestamp | null;
  completionTime: Timestamp | null;
  parallelism: number;
  taskCount: number;
  template: TaskTemplate;
  runningCount: number;
  succeededCount: number;
  failedCount: number;
  cancelledCount: number;
  retriedCount: number;
  logUri: string;
}

export interface Task extends Metadata {
  job: string;
  execution: string;
  scheduledTime: Timestamp | null;
  startTime: Timestamp | null;
  completionTime: Timestamp | null;
  containers: Container[];
  maxRetries: number;
  timeout: Duration | null;
  executionEnvironment: string;
  index: number;
  retried: number;
  lastAttemptResult: { status: { code: number; message: string } | null; exitCode: number; termSignal: number } | null;
  logUri: string;
}
