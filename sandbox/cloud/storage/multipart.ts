import { RpcError } from '../core/errors.ts';

export interface Part {
  headers: Record<string, string>;
  content: Buffer;
}

/** The parts of a `multipart/related` body (RFC 2387), by the boundary that its content type names. */
export function readMultipart(contentType: string, body: Buffer): Part[] {
  const match = /boundary=(?:"([^"]+)"|([^\s;]+))/i.exec(contentType);
  const boundary = match?.[1] ?? match?.[2];
  if (boundary === undefined) throw new RpcError('INVALID_ARGUMENT', 'Multipart content has no boundary.');
  const delimiter = Buffer.from(`--${boundary}`);
  const parts: Part[] = [];
  let at = body.indexOf(delimiter);
  while (at !== -1) {
    const start = at + delimiter.length;
    if (body.subarray(start, start + 2).toString() === '--') return parts;
    const next = body.indexOf(Buffer.concat([Buffer.from('\r\n'), delimiter]), start);
    if (next === -1) break;
    parts.push(readPart(body.subarray(lineEnd(body, start), next)));
    at = next + 2;
  }
  throw new RpcError('INVALID_ARGUMENT', 'Multipart content is not complete.');
}

function lineEnd(body: Buffer, from: number): number {
  return body.indexOf('\n', from) + 1;
}

function readPart(part: Buffer): Part {
  const split = part.indexOf('\r\n\r\n');
  if (split === -1) throw new RpcError('INVALID_ARGUMENT', 'A part of the multipart content has no headers.');
  const lines = part.subarray(0, split).toString().split('\r\n').filter(Boolean);
  const headers = Object.fromEntries(
    lines.map((line) => {
      const colon = line.indexOf(':');
      return [line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()];
    }),
  );
  return { headers, content: part.subarray(split + 4) };
}
