/** What nobody sees in a text, and what turns its direction; a line feed and a tab are seen. */
const unseen = /(?![\n\t])[\p{Cc}\p{Cf}\p{Zl}\p{Zp}]/gu;

/**
 * Writes a word as a POSIX shell takes it literally. What nobody would see is written in octal digits, so that the
 * command that is shown is the one that is pasted.
 */
export function shellWord(text: string): string {
  if (/^[\w@%+=:,./-]+$/.test(text)) return text;
  return `'${text.replaceAll("'", `'\\''`).replace(unseen, (sign) => `'"$(printf '${octal(sign)}')"'`)}'`;
}

/** Writes a command of ours about something that others have named: a name that begins with a dash is no flag. */
export function slipwayLine(command: string, name: string, flags: readonly string[] = []): string {
  const words = name.startsWith('-') ? [...flags, '--', shellWord(name)] : [shellWord(name), ...flags];
  return ['./slipway', command, ...words].join(' ');
}

/** The bytes of UTF-8, as `printf` takes them. */
function octal(sign: string): string {
  const bytes = encodeURIComponent(sign).match(/%..|[^%]/g) ?? [];
  return bytes
    .map((byte) => (byte.startsWith('%') ? Number.parseInt(byte.slice(1), 16) : byte.charCodeAt(0)))
    .map((byte) => `\\${byte.toString(8).padStart(3, '0')}`)
    .join('');
}
