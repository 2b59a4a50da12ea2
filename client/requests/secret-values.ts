import { readFile } from 'node:fs/promises';
import { buffer } from 'node:stream/consumers';
import { CommandError } from '../cli/command-error.ts';

/** Where the value of a variable's secret is read from: a file, or standard input where there is no path. */
export interface ValueSource {
  variable: string;
  path: string | undefined;
}

/** Platform: Secret Manager, SecretPayload.data; a Secret of Kubernetes may have more. */
const maxBytes = 64 * 1024;

/** Reads `DATABASE_URL=path,SECRET_KEY_BASE`: names, and perhaps a file for each. */
export function parseSources(text: string): ValueSource[] {
  return text.split(',').map((part) => {
    const at = part.indexOf('=');
    return at < 0 ? { variable: part, path: undefined } : { variable: part.slice(0, at), path: part.slice(at + 1) };
  });
}

/**
 * Reads the values, each from its file or one from standard input, without the line end that editors and `echo` add.
 * Nothing that goes wrong says anything of a value.
 */
export async function readValues(
  sources: readonly ValueSource[],
  stdin: NodeJS.ReadableStream & { isTTY?: boolean } = process.stdin,
): Promise<Map<string, Uint8Array>> {
  const [fromStdin, ...others] = sources.filter(({ path }) => path === undefined);
  if (others.length > 0) throw problemOf('standard input has one value: give the others by file, as NAME=path');
  if (fromStdin && stdin.isTTY)
    throw problemOf(`give the value of ${fromStdin.variable} by standard input, or by file as NAME=path`);
  const values = new Map<string, Uint8Array>();
  for (const { variable, path } of sources) {
    const bytes = path === undefined ? await buffer(stdin) : await readFile(path).catch(unreadable(path));
    values.set(variable, checked(variable, withoutLineEnd(bytes)));
  }
  return values;
}

function checked(variable: string, value: Buffer): Uint8Array {
  if (value.length === 0) throw problemOf(`the value of ${variable} is empty`);
  if (value.length > maxBytes) throw problemOf(`the value of ${variable} has more than ${maxBytes} bytes`);
  return value;
}

function withoutLineEnd(bytes: Buffer): Buffer {
  const end = bytes.at(-1) === 0x0a ? (bytes.at(-2) === 0x0d ? 2 : 1) : 0;
  return bytes.subarray(0, bytes.length - end);
}

function unreadable(path: string) {
  return (error: unknown): never => {
    const code = (error as { code?: unknown } | null)?.code;
    throw problemOf(`${path} cannot be read (${typeof code === 'string' ? code : 'unknown reason'})`);
  };
}

function problemOf(message: string): CommandError {
  return CommandError.badInput([{ path: 'secret', message }]);
}
