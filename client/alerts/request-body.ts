import type { IncomingMessage } from 'node:http';

const maxBytes = 5 * 1024 * 1024;
const maxReadMs = 5_000;

type ReadText = { text: string } | { problem: string } | 'brokenOff' | 'tooSlow';

/**
 * Reads a request's body, at most 5 MB. The rest of a larger one is read and dropped, since a sender that is cut off
 * while it writes does not see the answer.
 */
export async function readText(request: IncomingMessage): Promise<ReadText> {
  const tooLarge = { problem: `the body is larger than ${maxBytes} bytes: lower max_alerts, or split the group` };
  if (Number(request.headers['content-length'] ?? 0) > maxBytes) return tooLarge;
  return new Promise((resolve) => {
    const chunks: Buffer[] = [];
    let size = 0;
    const settle = (result: ReadText): void => {
      clearTimeout(timer);
      request.removeAllListeners('data').resume();
      resolve(result);
    };
    const timer = setTimeout(() => settle('tooSlow'), maxReadMs);
    request.on('data', (chunk: Buffer) => {
      size += chunk.length;
      if (size > maxBytes) return settle(tooLarge);
      chunks.push(chunk);
    });
    request.once('end', () => settle({ text: Buffer.concat(chunks).toString() }));
    request.once('error', () => settle('brokenOff'));
    request.once('close', () => settle('brokenOff'));
  });
}
