import type { Refusal, RefusedSummary, TimelineEntry } from '../../contract/status.ts';

/** Refusals and timeline lines that are kept; the count goes on. */
const maxRefusals = 50;
const maxTimelineEntries = 300;
const maxTextLength = 600;
const maxSenderLength = 200;

/** Keeps the timeline of a run and the messages that it refused, both bounded. */
export class Journal {
  readonly timeline: TimelineEntry[] = [];
  readonly refused: RefusedSummary;

  constructor(refused: RefusedSummary = { count: 0, last: [] }) {
    this.refused = refused;
  }

  note(what: string): void {
    this.timeline.push({ at: now(), what: what.slice(0, maxTextLength) });
    if (this.timeline.length > maxTimelineEntries) this.timeline.shift();
  }

  /** Records a message that was not accepted, with its sender and the reason. */
  refuse(message: string, by: string, reason: string): void {
    const refusal: Refusal = {
      at: now(),
      message,
      by: by.slice(0, maxSenderLength),
      reason: reason.slice(0, maxTextLength),
    };
    this.refused.count += 1;
    this.refused.last.push(refusal);
    if (this.refused.last.length > maxRefusals) this.refused.last.shift();
    this.note(`refused ${message} by ${refusal.by || 'an unknown sender'}: ${refusal.reason}`);
  }
}

/** Answers the workflow's time, RFC 3339. */
export function now(): string {
  return new Date().toISOString();
}
