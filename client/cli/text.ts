/* eslint-disable no-control-regex -- finding control characters is this file's purpose */

/** Escape sequences as a whole: without its first character the rest of one would be left standing as text. */
const escapeSequences = /\u001b(?:\[[0-?]*[ -/]*[@-~]|\][^\u0007\u001b]*(?:\u0007|\u001b\\)?|[@-Z\\-_])/g;
/** C0 but for line feed and tab, DEL, C1, and the marks that turn the writing direction around. */
const controlCharacters = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u200e\u200f\u202a-\u202e\u2066-\u2069]/g;

/**
 * Text from a service, a person or a workflow, safe to show: it can neither move the cursor nor colour nor reorder
 * what stands there.
 */
export function cleanText(text: string): string {
  return text.replace(escapeSequences, '').replace(controlCharacters, '');
}

/** The same on one line. */
export function cleanLine(text: string): string {
  return cleanText(text)
    .replace(/\s*\n\s*/g, ' ')
    .trim();
}
