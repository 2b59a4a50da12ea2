/**
 * Fields that name a thing. A run goes on with them, and a plan's hash covers them, so they are never changed: a value
 * there that is also a secret is left.
 */
const names: ReadonlySet<string> = new Set([
  ...['service', 'environment', 'change', 'kind', 'catalog', 'hash', 'sha256', 'key', 'id', 'name', 'role', 'steps'],
  ...['commit', 'digest', 'image', 'revision', 'url', 'tag', 'execution', 'settings', 'command', 'args'],
  ...[
    'variable',
    'secret',
    'from',
    'to',
    'workflowId',
    'runId',
    'firstExecutionRunId',
    'fence',
    'thread',
    'fingerprint',
  ],
]);

type Redact = (text: string) => string;

/** Takes secrets out of the texts in an answer of JSON, but for catalog entries, signed statements and names. */
export function redactAnswer<T>(value: T, redact: Redact): T {
  const isKept = (field: string, inner: unknown): boolean =>
    isCatalogEntry(inner) || isSigned(inner) || (names.has(field) && isName(inner));
  return mapTexts(value, redact, isKept) as T;
}

/** Takes secrets out of every text in a value of JSON. */
export function redactAll(value: unknown, redact: Redact): unknown {
  return mapTexts(value, redact, () => false);
}

/** Maps texts, however deep. What is not changed stays the same object. */
function mapTexts(
  value: unknown,
  redact: Redact,
  isKept: (field: string, inner: unknown) => boolean,
  field = '',
): unknown {
  if (isKept(field, value)) return value;
  if (typeof value === 'string') return redact(value);
  if (value === null || typeof value !== 'object') return value;
  if (Array.isArray(value)) {
    const all = value.map((inner) => mapTexts(inner, redact, isKept));
    return all.every((inner, index) => inner === value[index]) ? value : all;
  }
  const fields = Object.entries(value).map(
    ([name, inner]) => [redact(name), mapTexts(inner, redact, isKept, name)] as const,
  );
  const isSame = fields.every(([name, inner]) => name in value && inner === Reflect.get(value, name));
  return isSame ? value : Object.fromEntries(fields);
}

/** What people wrote in the catalog, and others have reviewed, is passed on as it is. */
function isCatalogEntry(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || !('settings' in value)) return false;
  return typeof value.settings === 'object' && value.settings !== null && 'target' in value.settings;
}

/** A person wrote the statement, and its signature is good for these very words only (contract/proof.ts). */
function isSigned(value: unknown): boolean {
  if (typeof value !== 'object' || value === null || !('statement' in value && 'signature' in value)) return false;
  return typeof value.statement === 'string' && typeof value.signature === 'string';
}

/** A text, or a list of texts such as a command. */
function isName(value: unknown): boolean {
  return typeof value === 'string' || (Array.isArray(value) && value.every((one) => typeof one === 'string'));
}
