import { formsOf, isStrong, type Part } from './forms.ts';

/** The text that replaces a secret. */
export const redacted = '[secret]';
/** The beginning of a form says at once where it may stand. */
const beginning = 6;
/** So many characters are told apart from a word that a secret begins with by chance. */
const minCutLength = 12;
/** What may stand between the characters of a secret that was written over several lines. */
const lineBreak = /(?:\s|\\[rn]|\|)+/y;

interface Form {
  text: string;
  /** The value of which it is a form. */
  value: string;
  isToken: boolean;
}

/** Takes every form of the secrets that it knows out of texts (invariant I9). */
export class Redactor {
  private readonly known = new Set<string>();
  /** Forms by their first characters, the longest first: the time for a text does not grow with the secrets. */
  private readonly forms = new Map<string, Form[]>();

  /** Keeps a part of a secret, to take it out of texts. */
  keep({ text, isToken }: Part): void {
    if (this.known.has(text)) return;
    this.known.add(text);
    for (const form of formsOf(text)) {
      const start = form.slice(0, beginning);
      const others = this.forms.get(start) ?? [];
      if (others.every((other) => other.text !== form))
        this.forms.set(
          start,
          [...others, { text: form, value: text, isToken }].sort((a, b) => b.text.length - a.text.length),
        );
    }
  }

  /**
   * Replaces all secrets in a text but for those that are kept there. A service may echo what it was sent, plain or
   * encoded, whole or cut.
   */
  redact(text: string, isKept: (value: string) => boolean = () => false): string {
    if (this.forms.size === 0) return text;
    let rest = '';
    let from = 0;
    for (let at = 0; at + beginning <= text.length;) {
      const length = this.lengthAt(text, at, isKept);
      if (length === 0) {
        at += 1;
        continue;
      }
      rest += `${text.slice(from, at)}${redacted}`;
      at += length;
      from = at;
    }
    return from === 0 ? text : rest + text.slice(from);
  }

  private lengthAt(text: string, at: number, isKept: (value: string) => boolean): number {
    for (const form of this.forms.get(text.slice(at, at + beginning)) ?? []) {
      const { length, prefix } = matchAt(text, at, form);
      if (length > 0 && !isKept(form.value) && !isKept(prefix)) return length;
    }
    return 0;
  }
}

/** Answers how many characters of a text are a form, or the beginning of a token that was cut; 0 for neither. */
function matchAt(text: string, at: number, { text: form, isToken }: Form): { length: number; prefix: string } {
  const none = { length: 0, prefix: '' };
  let end = at;
  for (let index = 0; index < form.length; index += 1) {
    if (text[end] !== form[index]) {
      const prefix = form.slice(0, index);
      const isCut = end === text.length || text.startsWith('…', end) || text.startsWith('...', end);
      if (isCut) return isToken && isTelling(prefix, form) ? { length: end - at, prefix } : none;
      lineBreak.lastIndex = end;
      end += lineBreak.exec(text)?.[0].length ?? 0;
      if (text[end] !== form[index]) return none;
    }
    end += 1;
  }
  return { length: end - at, prefix: form };
}

/** Says whether a beginning tells something of the rest: many secrets of a maker begin with the same few letters. */
function isTelling(prefix: string, form: string): boolean {
  return isStrong(prefix) && (prefix.length >= minCutLength || prefix.length * 2 >= form.length);
}
