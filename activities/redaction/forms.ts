import { fieldsOf, isSecretField } from './documents.ts';
import { secretsOfUrl } from './urls.ts';

/** A part of a secret's value that must not be repeated. */
export interface Part {
  text: string;
  /** True if its beginning alone tells something: a text may have been cut in the midst of it. */
  isToken: boolean;
}

/** A shorter value is in many texts by chance. */
const minLength = 6;
const minStrongLength = 8;
/** A line of a key, or the value of a field, that is long enough to tell something. */
const minLineLength = 24;

/** A word, with or without a number behind it; a number, a version, a date or an address of the network. */
const ordinary = /^([a-z_ -]{1,15}\d{0,3}|[\d.:,/ -]{1,20}|https?:\/\/[^/?#@]+\/?)$/i;

/** Says whether a value can be told from ordinary words and numbers wherever it stands. */
export function isStrong(value: string): boolean {
  return value.length >= minStrongLength && !ordinary.test(value);
}

/** Says whether a value stands in a catalog entry, given as JSON. */
export function isPublicIn(entry: string, value: string): boolean {
  return entry.includes(value) || entry.includes(inJson(value));
}

/** Says whether a value is found in texts of others at all. */
function isLongEnough(value: string): boolean {
  return value.length >= minLength;
}

/**
 * Lists what is secret of a value: all of it; the secrets of an address; the token behind a scheme; the lines of a key;
 * the secret fields of a document.
 */
export function partsOf(written: string): Part[] {
  const value = written.trim();
  const parts = [value, ...secretsOfUrl(value), ...tokenOf(value), ...linesOf(value), ...secretsOfDocument(value)];
  return [...new Set(parts)].filter(isLongEnough).map((text) => ({ text, isToken: !/\s|:\/\/|^[[{]/.test(text) }));
}

/** A document keeps keys, too, and addresses in fields of any name. */
function secretsOfDocument(value: string): string[] {
  const fields = fieldsOf(value);
  return fields.flatMap(([name, inner]) => [
    ...(isSecretField(name) ? [inner, ...linesOf(inner)] : []),
    ...secretsOfUrl(inner),
  ]);
}

/** The value of a header has a scheme before its token (RFC 9110); that of `basic` is a user and a password. */
function tokenOf(value: string): string[] {
  const [, scheme = '', token = ''] = /^(bearer|basic|token|apikey)\s+(\S+)$/i.exec(value) ?? [];
  if (scheme.toLowerCase() !== 'basic') return [token];
  return [
    token,
    Buffer.from(token, 'base64')
      .toString()
      .replace(/^[^:]*:/, ''),
  ];
}

function linesOf(value: string): string[] {
  return value.split(/\r?\n/).filter((line, _index, { length }) => length > 1 && isLineOfKey(line));
}

function isLineOfKey(line: string): boolean {
  return line.length >= minLineLength && /^[\w+/=-]+$/.test(line);
}

/** Lists the forms in which a value may stand in a text of others, the longest first. */
export function formsOf(value: string): string[] {
  const bytes = Buffer.from(value);
  const base64 = bytes.toString('base64');
  const escaped = inJson(value);
  const component = encodeURIComponent(value);
  const strict = component.replace(/[!'()*]/g, (character) => `%${hexOf(character, 2).toUpperCase()}`);
  const forms = [
    value,
    // Twice: JSON that a service puts into a string is escaped once more when that string is shown.
    ...[escaped, inJson(escaped)],
    ...[inAscii(escaped), inAscii(escaped).replace(/[<>&]/g, unicodeEscape)],
    ...[base64, base64.replace(/=+$/, ''), bytes.toString('base64url')],
    ...[bytes.toString('hex'), bytes.toString('hex').toUpperCase()],
    ...[component, strict, lowerCaseEscapes(component), encodeURI(value), encodeURI(value).replaceAll('%25', '%')],
    ...[component.replaceAll('%20', '+'), component.replaceAll('%2F', '/')],
    inHtml(value),
    ...withinBase64(bytes),
  ];
  return [...new Set(forms)].filter((form) => form.length >= minLength).sort((a, b) => b.length - a.length);
}

function inJson(text: string): string {
  return JSON.stringify(text).slice(1, -1);
}

/** Some writers of JSON escape what is not ASCII. */
function inAscii(json: string): string {
  return json.replace(/[^ -~]/g, unicodeEscape);
}

function unicodeEscape(character: string): string {
  return `\\u${hexOf(character, 4)}`;
}

function hexOf(character: string, digits: number): string {
  return character.charCodeAt(0).toString(16).padStart(digits, '0');
}

function lowerCaseEscapes(text: string): string {
  return text.replace(/%[0-9A-F]{2}/g, (escape) => escape.toLowerCase());
}

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

function inHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => entities[character] ?? character);
}

/** In a longer text that is encoded as a whole a value begins at one of three places; what stays the same of it. */
function withinBase64(bytes: Buffer): string[] {
  const forms = [0, 1, 2].map((shift) => {
    const shifted = Buffer.concat([Buffer.alloc(shift), bytes]);
    const encoded = shifted.toString('base64').replace(/=+$/, '');
    return encoded.slice(Math.ceil((shift * 8) / 6), Math.floor((shifted.length * 8) / 6));
  });
  // What is left of a short value may be in many texts by chance.
  const long = forms.filter((form) => form.length >= minStrongLength);
  return [...long, ...long.map((form) => form.replaceAll('+', '-').replaceAll('/', '_'))];
}
