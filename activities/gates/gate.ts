import type { Artifact } from '../../contract/artifact.ts';
import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import type { Assertion } from '../../contract/evidence.ts';
import type { RotatedSecret } from '../../contract/plan.ts';
import type { Finding } from '../../contract/verdict.ts';
import type { Checkout, Ports } from '../ports/index.ts';
import type { Progress } from '../ports/target.ts';
import type { ServerClock } from '../server-clock.ts';
import type { SecretReader } from '../redaction/secret-reader.ts';

/** Names what is checked, a candidate or what is live, and for which change. */
export interface GateSubject {
  entry: CatalogEntry;
  artifact: Artifact;
  change: string;
  /** Names step and attempt: it tells one smoke of a change from another, in the request log and in markers. */
  attemptKey: string;
  /** Base URL of the candidate or of the live service; empty if only the commit is checked. */
  url: string;
  revision: string | null;
  /** The revision that served before; null if there was none or it is not known. */
  previous: string | null;
  /** The time when users were given the revision; null before. */
  shiftedAt: string | null;
  /** Outputs of the gates of earlier steps, by name. */
  outputs: Record<string, string>;
  /** What a rotation changes: whatever a service says, none of these values is repeated. Absent for other changes. */
  rotated?: readonly RotatedSecret[];
}

export type GatePorts = Pick<Ports, 'targets' | 'logs' | 'metrics' | 'secrets' | 'sources' | 'programs'>;

/** Holds the subject, the ports, and what the gates that run together have in common. */
export interface GateContext extends GateSubject {
  ports: GatePorts;
  secrets: SecretReader;
  /** Answers a clean checkout of the commit, made when the first gate asks for it. */
  checkout(): Promise<Checkout>;
  /** True if an earlier try of the same activity may have sent something already. */
  repeated: boolean;
  /** The number of entries before the shift by the filter of a log gate: it is the same at each look. */
  entriesBefore: Map<string, number>;
  /** The longest that answers of the platform itself are waited out; absent for the usual time. */
  platformWaitMs?: number;
  /** Takes what a gate saw, where evidence is kept; absent elsewhere. */
  keep?: ((gate: string, seen: Seen) => void) | undefined;
  /** The clock that gave the times of the subject. */
  clock: Pick<ServerClock, 'now'>;
  progress: Progress;
  signal: AbortSignal;
}

/** Holds what a gate saw: a text, whose secrets are still in it, or what it compared. */
export interface Seen {
  file?: { name: string; text: string };
  assertions?: Assertion[];
}

/** Holds what a gate answers; name, kind and times are put around it. */
export interface GateFinding extends Finding {
  samples?: string[];
  outputs?: Record<string, string>;
}

/** Checks one gate. It throws only what a repeat may mend, or what kept it from checking: that is inconclusive. */
export type Check<Kind> = (gate: Kind, context: GateContext) => Promise<GateFinding>;
