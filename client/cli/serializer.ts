import { parseArgs } from 'node:util';

/** Forms of an answer for a program. */
export const formats = ['json', 'yaml'] as const;
type Format = (typeof formats)[number];

/** Writes values for a program, each as a text that ends without a line end. */
export interface Serializer {
  /** Writes the one value of a command. */
  document(value: unknown): string;
  /** Writes one value of a command that goes on; the next one may stand behind it. */
  event(value: object): string;
}

export interface FormatFlags {
  output?: string;
  json?: boolean;
}

const json: Serializer = {
  document: (value) => JSON.stringify(value, null, 2),
  event: (value) => JSON.stringify(value),
};

/** Opens the serializer of a form; null where people read. */
export async function openSerializer(flags: FormatFlags): Promise<Serializer | null> {
  const format = flags.json === true ? 'json' : (flags.output as Format | undefined);
  if (format !== 'yaml') return format === undefined ? null : json;
  const { stringify } = await import('yaml');
  const written = (value: unknown): string =>
    stringify(value, { lineWidth: 0, aliasDuplicateObjects: false }).trimEnd();
  return { document: written, event: (value) => `---\n${written(value)}` };
}

/** Finds the form that was asked for in words which commander could not read. */
export function formatOf(argv: readonly string[]): FormatFlags {
  const { values } = parseArgs({
    args: [...argv],
    options: { output: { type: 'string', short: 'o' }, json: { type: 'boolean' } },
    strict: false,
    allowPositionals: true,
  });
  const isKnown = formats.some((format) => format === values.output);
  return { ...(values.json === true && { json: true }), ...(isKnown && { output: String(values.output) }) };
}
