import { createReadStream } from 'node:fs';
import { stat } from 'node:fs/promises';
import { resolve, sep } from 'node:path';
import { pipeline } from 'node:stream/promises';
import type { HttpRoute } from '../server/http.ts';
import { sendJson } from '../server/http.ts';

/** Serves bare repositories at `/git/<name>.git/…` as static files, which is git's dumb HTTP protocol. */
export function gitRoutes(gitDir: string): HttpRoute[] {
  const root = resolve(gitDir);
  return [
    {
      method: ['GET', 'HEAD'],
      path: /^\/git\/(?<path>.+)$/,
      handle: async (request, response) => {
        const path = resolve(root, decodeURIComponent(request.params['path'] ?? ''));
        const found = path.startsWith(root + sep) ? await stat(path).catch(() => undefined) : undefined;
        if (!found?.isFile())
          return sendJson(response, 404, { error: { code: 404, message: 'No such file.', status: 'NOT_FOUND' } });
        response.writeHead(200, {
          'content-type': 'application/octet-stream',
          'content-length': found.size,
          'cache-control': 'no-cache',
        });
        if (request.method === 'HEAD') return void response.end();
        await pipeline(createReadStream(path), response);
      },
    },
  ];
}
