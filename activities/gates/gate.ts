import type { Artifact } from '../../contract/artifact.ts';
import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import type { Finding } from '../../contract/verdict.ts';
import type { Checkout, Ports } from '../ports/index.ts';
import type { Progress } from '../ports/target.ts';
import type { SecretReader } from './secrets.ts';

/** What is looked at: a candidate or what is live, on behalf of which change. */
export interface GateSubject {
  entry: CatalogEntry;
  artifact: Artifact;
  change: string;
  /** Step and attempt: tells one look of a change from another, in the request log and in markers. */
  attemptKey: string;
  /** Base URL of the candidate or of the live service; empty where only the commit is looked at. */
  url: string;
  revision: string | null;
  /** The revision that served before; null if there was none or it is not known. */
  previous: string | null;
  /** When users were given the revision; null before. */
  shiftedAt: string | null;
  /** What gates of earlier steps outputs, by name. */
  outputs: Record<string, string>;
}

export type GatePorts = Pick<Ports, 'targets' | 'logs' | 'metrics' | 'secrets' | 'sources'>;

/** One look: the subject, the way to the outside, and what the gates of this look have in common. */
export interface GateContext extends GateSubject {
  ports: GatePorts;
  secrets: SecretReader;
  /** A clean checkout of the commit, made when the first gate asks for it. */
  checkout(): Promise<Checkout>;
  /** Whether an earlier try of this very look may have sent something already. */
  repeated: boolean;
  progress: Progress;
  signal: AbortSignal;
}

/** Holds what a gate answers; name, kind and times are put around it. */
export interface GateFinding extends Finding {
  samples?: string[];
  outputs?: Record<string, string>;
}

/**
 * The one signature of all kinds. A check throws only what a repeat may mend, or what it could not look for: that is
 * inconclusive.
 */
export type Check<Kind> = (gate: Kind, context: GateContext) => Promise<GateFinding>;
