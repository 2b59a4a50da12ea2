import { activityRedaction } from './activity-redaction.ts';

/**
 * Says whether a line is among those that people have answered. They have read it without its secrets, and a secret may
 * have become known in between, so both are compared as people would read them now.
 */
export function hasWords(answered: readonly string[], line: string): boolean {
  const redaction = activityRedaction();
  const shown = redaction.text(line);
  return answered.some((one) => redaction.text(one) === shown);
}
