import { RpcError } from '../server/errors.ts';

export interface Part {
  headers: Record<string, string>;
  content: Buffer;
}

/**
 * Reads the parts of a `multipart/related` body (RFC 2387), by the boundary that its content type names. Lines may end
 * with a line feed alone.
 */
export function readMultipart(contentType: string, body: Buffer): Part[] {
  const match = /boundary=(?:"([^"]+)"|'([^']+)'|([^\s;]+))/i.exec(contentType);
  const boundary = match?.[1] ?? match?.[2] ?? match?.[3];
  if (boundary === undefined) throw new RpcError('INVALID_ARGUMENT', 'Multipart content has no boundary.');
  const delimiter = Buffer.from(`--${boundary}`);
  const parts: Part[] = [];
  let at = body.indexOf(delimiter);
  while (at !== -1) {
    const start = at + delimiter.length;
    if (body.subarray(start, start + 2).toString() === '--') return parts;
    const next = body.indexOf(`\n${delimiter.toString()}`, start);
    if (next === -1) break;
    const end = body[next - 1] === CARRIAGE_RETURN ? next - 1 : next;
    parts.push(readPart(body.subarray(body.indexOf('\n', start) + 1, end)));
    at = next + 1;
  }
  throw new RpcError('INVALID_ARGUMENT', 'Multipart content is not complete.');
}

const CARRIAGE_RETURN = 13;

function readPart(part: Buffer): Part {
  const headers: Record<string, string> = {};
  let at = 0;
  for (;;) {
    const end = part.indexOf('\n', at);
    if (end === -1) throw new RpcError('INVALID_ARGUMENT', 'A part of the multipart content has no headers.');
    const line = part.subarray(at, end).toString().trimEnd();
    at = end + 1;
    if (line === '') return { headers, content: part.subarray(at) };
    const colon = line.indexOf(':');
    headers[line.slice(0, colon).trim().toLowerCase()] = line.slice(colon + 1).trim();
  }
}
