/** The text that replaces a credential, as it does for the secrets of gates. */
const hidden = '[secret]';

/** The end of a name that has a secret behind it. */
const name = '(?:passw(?:or)?d|secret|token|api[-_]?key|authorization|cookie|key_base)';
const quote = String.raw`\\?["']`;
/** The name of a secret in Secret Manager, which says nothing of its value. */
const resource = String.raw`projects/[\w-]+/secrets/`;
/** A value that is no count, no state, no name, and not hidden by another form. */
const value = String.raw`(?!\d{1,6}\b|true\b|false\b|null\b|bearer |basic |\[secret|${resource})[^\s"',;})\\]`;

type Forms = readonly (readonly [form: RegExp, kept: string])[];

/**
 * Forms that nothing but a credential has, whoever wrote the text. What may begin within itself is searched for so many
 * characters only: else the time for a hostile text grows with the square of its length.
 */
const tokens: Forms = [
  [/-----BEGIN [A-Z ]*PRIVATE KEY-----.*?(-----END [A-Z ]*PRIVATE KEY-----|$)/gs, hidden],
  // The user's password in an address (RFC 3986, userinfo), which may have a raw `@`.
  [/(:\/\/[^\s:/@"']*):[^\s/"']+@/g, `$1:${hidden}@`],
  // A word behind it may be prose: a token has a digit or the end of base64.
  [/\b(bearer|basic)\s+(?=[\w.~+/-]*[\d=])[\w.~+/=-]{8,}/gi, `$1 ${hidden}`],
  // A JSON Web Token: two parts of JSON and a signature, in base64url (RFC 7519).
  [/\beyJ[\w-]{5,1000}\.[\w-]{5,}\.[\w-]*/g, hidden],
  // Keys that say by their beginning whose they are: Google, GitHub, GitLab, AWS, Slack, npm, Stripe and others.
  [/\b(AIza[\w-]{30,}|ya29\.[\w-]{20,}|gh[a-z]_\w{20,}|github_pat_\w{20,}|glpat-[\w-]{20,})/g, hidden],
  [/\b(A[KS]IA[A-Z0-9]{12,}|xox[a-z]-[\w-]{10,}|npm_\w{30,}|SG\.[\w-]{16,}\.[\w-]{16,})/g, hidden],
  [/\b([sr]k_(live|test)_\w{16,}|sk-(?=[\w-]{0,200}\d)[\w-]{20,}|whsec_[\w+/=]{16,})/g, hidden],
  [/https:\/\/hooks\.slack\.com\/[\w/-]+/g, hidden],
];

/**
 * Forms that a credential has in a text of others. They catch what the catalog does not name, and leave prose alone:
 * behind a plain colon stands a secret only if it has a digit.
 */
const assignments: Forms = [
  [/\b(bearer|basic)\s+[\w.~+/=-]{8,}/gi, `$1 ${hidden}`],
  [new RegExp(`(${name}(?:${quote})?\\s*=\\s*(?:${quote})?)${value}{4,}`, 'gi'), `$1${hidden}`],
  [new RegExp(`(${name}${quote}\\s*:\\s*${quote})${value}{4,}`, 'gi'), `$1${hidden}`],
  [new RegExp(`(${name}\\s*:\\s*)(?=[^\\s,;]{0,200}\\d)${value}{8,}`, 'gi'), `$1${hidden}`],
];

/** Hides what looks like a credential in a text that somebody else has written (invariant I9). */
export function hideCredentials(text: string): string {
  return hide(hideTokens(text), assignments);
}

/** Hides what can be nothing but a credential, in any text (invariant I9). */
export function hideTokens(text: string): string {
  return hide(text, tokens);
}

function hide(text: string, forms: Forms): string {
  return forms.reduce((rest, [form, kept]) => rest.replace(form, kept), text);
}
