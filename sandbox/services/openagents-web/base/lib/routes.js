'use strict';

const { identity } = require('./configuration');
const { log } = require('./log');
const { home } = require('./pages');
const { Unreachable, call } = require('./runtime');

const bodyLimitBytes = 64 * 1024;

/** What the runtime said, as this service answers it: its errors become ours, logged with the runtime's own words. */
const passOn = (path, { status, body }) => {
  const { service, commit, buildSha, revision, ...content } = body;
  if (status < 500) return { status, body: { ...content, runtime: { service, commit, buildSha, revision } } };
  log('ERROR', `runtime answered ${status} to ${path}: ${body.error ?? body.reason ?? 'no reason given'}`, identity);
  return { status: 500, body: { error: 'the runtime failed', runtime: { service, commit, buildSha, revision, status } } };
};

const readRun = async (id) => {
  const path = `/internal/v1/runs/${id}`;
  const run = passOn(path, await call('GET', path));
  if (run.status !== 200) return run;
  // An older runtime has no projector checkpoints and answers 404: the page does without them.
  const checkpointPath = `/internal/v1/projectors/checkpoints/${id}`;
  const projected = passOn(checkpointPath, await call('GET', checkpointPath));
  if (projected.status >= 500) return projected;
  return { status: 200, body: { ...run.body, checkpoints: projected.body.checkpoints ?? null } };
};

const createRun = async (request) => {
  const body = await readJson(request);
  if (body === undefined) return { status: 400, body: { error: 'the body is not a JSON object of at most 64 KB' } };
  return passOn('/internal/v1/runs', await call('POST', '/internal/v1/runs', body));
};

const readJson = async (request) => {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size <= bodyLimitBytes) chunks.push(chunk);
  }
  if (size === 0) return {};
  try {
    const body = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    return size <= bodyLimitBytes && body !== null && typeof body === 'object' && !Array.isArray(body) ? body : undefined;
  } catch {
    return undefined;
  }
};

const route = (request) => {
  const path = new URL(request.url, 'http://localhost').pathname;
  const run = /^\/api\/runs\/([^/]+)$/.exec(path);
  if (request.method === 'GET' && path === '/') return { status: 200, body: home(), type: 'text/html; charset=utf-8' };
  if (request.method === 'GET' && path === '/health') return { status: 200, body: { status: 'ok' } };
  if (request.method === 'GET' && run) return readRun(run[1]);
  if (request.method === 'POST' && path === '/api/runs') return createRun(request);
  return { status: 404, body: { error: `no route ${request.method} ${path}` } };
};

/** Answers a request: `status`, `body` (text, or an object sent as JSON) and its content type. */
exports.answer = async (request) => {
  try {
    return await route(request);
  } catch (error) {
    log('ERROR', `${request.method} ${request.url} failed: ${error.message}`, identity);
    if (error instanceof Unreachable) return { status: 502, body: { error: 'the runtime is unreachable' } };
    return { status: 500, body: { error: 'internal error' } };
  }
};
