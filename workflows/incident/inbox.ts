import type { MitigationName } from '../../contract/incident/category.ts';
import type { MitigatePayload, ResolvePayload } from '../../contract/messages.ts';

/** A mitigation that a person has asked for: what it does is decided by then. */
export type Mitigation = MitigatePayload & {
  action: MitigationName;
  /** Fingerprint of the key by which they have proven who they are; absent where they are believed. */
  signedWith?: string;
};

/** What an incident is asked to do next. */
export type Request =
  | { kind: 'look'; why: string }
  | { kind: 'mitigate'; payload: Mitigation }
  | { kind: 'resolve'; payload: ResolvePayload };

/** Keeps what was asked for until the incident comes to it. Handlers put in, the story takes out. */
export class Inbox {
  private readonly requests: Request[] = [];

  get isEmpty(): boolean {
    return this.requests.length === 0;
  }

  put(request: Request): void {
    // Another look while one is asked for already would find the same.
    if (request.kind === 'look' && this.holds('look')) return;
    this.requests.push(request);
  }

  take(): Request | null {
    return this.requests.shift() ?? null;
  }

  holds(kind: Request['kind']): boolean {
    return this.requests.some((request) => request.kind === kind);
  }
}
