import { request, type RequestOptions } from 'node:http';
import { text } from 'node:stream/consumers';
import { describe, expect, it } from 'vitest';
import { serveBoard, type BoardServer } from '../../../client/board/server.ts';
import { openedForFile } from '../../opened-for-file.ts';
import { board } from './sample.ts';

const source = { current: async () => board, whole: async () => board };
const server = openedForFile<BoardServer>(
  async () => serveBoard({ source, host: '127.0.0.1', port: 0, names: ['board.example.com'] }),
  async (opened) => opened.close(),
);

interface Answer {
  status: number | undefined;
  headers: Record<string, string | string[] | undefined>;
  body: string;
}

async function ask(path: string, options: RequestOptions = {}): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const asking = request(new URL(path, server.url), options, (response) => {
      text(response).then((body) => resolve({ status: response.statusCode, headers: response.headers, body }), reject);
    });
    asking.on('error', reject);
    asking.end();
  });
}

describe('the server of the board', () => {
  it.each([
    ['/', 'text/html', '<h1>Slipway</h1>'],
    ['/board', 'text/html', '<main id="board"'],
    ['/board.json', 'application/json', '"service":"shop"'],
    ['/board.css', 'text/css', '.state'],
    ['/board.js', 'text/javascript', "fetch('/board'"],
    ['/board.svg', 'image/svg+xml', '<svg'],
  ])('serves %s, and lets nothing else into it', async (path, type, content) => {
    const { status, headers, body } = await ask(path);
    expect(status).toBe(200);
    expect(headers['content-type']).toBe(`${type}; charset=utf-8`);
    expect(body).toContain(content);
    const policy = String(headers['content-security-policy']);
    expect(policy).toContain("default-src 'none'; script-src 'self'");
    expect(policy).toContain("form-action 'none'; frame-ancestors 'none'");
    expect(policy).not.toContain('unsafe');
    expect(headers).toMatchObject({
      'x-content-type-options': 'nosniff',
      'cross-origin-resource-policy': 'same-origin',
      'cache-control': 'no-store',
    });
    expect(headers).not.toHaveProperty('access-control-allow-origin');
  });

  it('sends the content only once as long as nothing is new', async () => {
    const { headers } = await ask('/board');
    const again = await ask('/board', { headers: { 'if-none-match': String(headers['etag']) } });
    expect(again).toMatchObject({ status: 304, body: '' });
    expect(again.headers['x-board-moment']).toMatch(/^\d\d:\d\d:\d\d /);
  });

  it.each(['POST', 'PUT', 'DELETE', 'PATCH', 'OPTIONS'])('takes no %s: it only reads', async (method) => {
    const { status, headers } = await ask('/', { method });
    expect({ status, allow: headers['allow'] }).toEqual({ status: 405, allow: 'GET, HEAD' });
  });

  it('answers HEAD without a body, and 404 for all else', async () => {
    expect(await ask('/', { method: 'HEAD' })).toMatchObject({ status: 200, body: '' });
    expect(await ask('/../../etc/passwd')).toMatchObject({ status: 404 });
    expect(await ask('/board.js/../page.js')).toMatchObject({ status: 404 });
  });

  it.each([
    ['localhost:8234', 200],
    ['127.0.0.1:8234', 200],
    ['[::1]:8234', 200],
    ['192.0.2.7', 200],
    ['board.example.com', 200],
    ['rebinding.example.net:8234', 421],
    ['localhost.example.net', 421],
    ['127.0.0.1.example.net', 421],
  ])('is called %j: %d', async (host, status) => {
    expect((await ask('/', { headers: { host } })).status).toBe(status);
  });

  it('may be linked to, and not asked in the background, from other pages', async () => {
    const from = async (mode: string) =>
      (await ask('/board', { headers: { 'sec-fetch-site': 'cross-site', 'sec-fetch-mode': mode } })).status;
    expect(await from('navigate')).toBe(200);
    expect(await from('no-cors')).toBe(403);
    expect(await from('cors')).toBe(403);
  });

  it('answers 500 in place of a page that cannot be made, and lives on', async () => {
    const broken = { current: async () => Promise.reject(new TypeError('a defect')), whole: async () => board };
    const other = await serveBoard({ source: broken, host: '127.0.0.1', port: 0, names: [] });
    const statuses = [(await fetch(other.url)).status, (await fetch(new URL('/board.css', other.url))).status];
    await other.close();
    expect(statuses).toEqual([500, 200]);
  });
});
