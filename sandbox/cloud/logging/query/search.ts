/** Searches all values below a value: for a term without a field, and for `:` on an object. */
export function containsText(value: unknown, lowerCaseText: string): boolean {
  if (typeof value === 'string') return value.toLowerCase().includes(lowerCaseText);
  if (typeof value === 'number' || typeof value === 'boolean') return String(value) === lowerCaseText;
  if (Array.isArray(value)) return value.some((member) => containsText(member, lowerCaseText));
  if (typeof value === 'object' && value !== null) {
    return Object.values(value).some((member) => containsText(member, lowerCaseText));
  }
  return false;
}

/** Searches a map like {@link containsText}, its keys too: `labels:team`. */
export function containsKeyOrText(value: unknown, lowerCaseText: string): boolean {
  if (typeof value !== 'object' || value === null) return false;
  const keys = Object.keys(value);
  return keys.some((key) => key.toLowerCase() === lowerCaseText) || containsText(value, lowerCaseText);
}

/** All strings, numbers and booleans below a value, as text. */
export function* textsOf(value: unknown): Generator<string> {
  if (typeof value === 'string') yield value;
  else if (typeof value === 'number' || typeof value === 'boolean') yield String(value);
  else if (typeof value === 'object' && value !== null) {
    for (const member of Object.values(value)) yield* textsOf(member);
  }
}

/**
 * Searches as the platform's `SEARCH`: the query's words in any order, whole tokens, any case. Text in back-ticks is
 * one exact, case-sensitive token sequence.
 */
export function searchTest(query: string): (value: unknown) => boolean {
  const exact = [...query.matchAll(/`([^`]*)`/g)].map((match) => match[1] ?? '').filter((text) => text !== '');
  const words = wordsOf(query.replace(/`[^`]*`/g, ' '));
  return (value) => {
    const texts = [...textsOf(value)];
    const present = new Set(texts.flatMap(wordsOf));
    return (
      words.every((word) => present.has(word)) &&
      exact.every((text) => texts.some((candidate) => candidate.includes(text)))
    );
  };
}

function wordsOf(text: string): string[] {
  return text.toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? [];
}
