import { AsyncLocalStorage } from 'node:async_hooks';
import { ApplicationFailure, TemporalFailure } from '@temporalio/common';
import { redactAnswer } from './answers.ts';
import { hideTokens } from './credentials.ts';
import { isPublicIn, type Part } from './forms.ts';
import { Redactor } from './redactor.ts';

/** Takes the secrets that one activity could meet out of all that leaves it (invariant I9, ADR 0048). */
export class ActivityRedaction {
  /** What the catalog says of the place, as JSON: whatever stands there is public, and stays. */
  private readonly entries: string;
  private readonly strong: Redactor;
  private readonly weak = new Redactor();

  constructor(strong: Redactor, weak: readonly Part[], entries: string) {
    this.strong = strong;
    this.entries = entries;
    for (const part of weak) this.weak.keep(part);
  }

  /** Says whether a value stands in the catalog: then it is no secret, and is a word of ids, names and addresses. */
  isPublic(value: string): boolean {
    return isPublicIn(this.entries, value);
  }

  /** Takes secrets out of a text, but for those that could be an ordinary word. */
  text(text: string): string {
    return hideTokens(this.strong.redact(text, (value) => this.isPublic(value)));
  }

  /** Takes secrets out of a text that somebody else has written: of words, too. */
  foreign(text: string): string {
    const isKept = (value: string) => this.isPublic(value);
    return this.weak.redact(this.strong.redact(text, isKept), isKept);
  }

  /** Takes secrets out of what an activity answers or says while it works. Catalog entries and names stay. */
  answer<T>(value: T): T {
    return redactAnswer(value, (text) => this.text(text));
  }

  /** Takes secrets out of an error and its causes. It stays the same error, so that its class and its type count. */
  error(error: unknown): unknown {
    if (!(error instanceof Error)) return this.answer(error);
    const { cause, message, stack } = error;
    set(error, 'message', this.text(message));
    if (stack !== undefined) set(error, 'stack', this.text(stack));
    if (error instanceof ApplicationFailure && error.details) set(error, 'details', this.answer(error.details));
    if (cause !== undefined) set(error, 'cause', this.error(cause));
    // Platform: a failure that came from the server is passed on as it came, if it still has that form.
    if (error instanceof TemporalFailure && error.failure) set(error, 'failure', undefined);
    return error;
  }
}

/** The fields of failures are read-only for those who catch them. */
function set(error: Error, field: string, value: unknown): void {
  if (Reflect.get(error, field) === value) return;
  Object.defineProperty(error, field, { value, configurable: true, writable: true, enumerable: false });
}

const current = new AsyncLocalStorage<ActivityRedaction>();
const nothingKnown = new ActivityRedaction(new Redactor(), [], '');

/** Answers the redaction of the activity under way; outside of one nothing is known. */
export function activityRedaction(): ActivityRedaction {
  return current.getStore() ?? nothingKnown;
}

/** Runs an activity with what it must not repeat. */
export function withActivityRedaction<T>(redaction: ActivityRedaction, work: () => Promise<T>): Promise<T> {
  return current.run(redaction, work);
}
