'use strict';

const { randomBytes, randomUUID } = require('node:crypto');
const { log } = require('./log');
const { counter, histogram } = require('./metrics');
const { Refused } = require('./refused');

const bodyLimitBytes = 64 * 1024;
const requests = counter('http_requests_total', 'HTTP requests, by method, route and status.', []);
const durations = histogram(
  'http_request_duration_seconds',
  'Time until the answer of an HTTP request.',
  [0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5],
);

const compile = ({ path, ...route }) => ({
  ...route,
  path,
  pattern: new RegExp(`^${path.replace(/:([a-z_]+)/g, '(?<$1>[^/]+)')}$`),
});

const readBody = async (request) => {
  const chunks = [];
  let size = 0;
  for await (const chunk of request) {
    size += chunk.length;
    if (size > bodyLimitBytes) throw new Refused(413, 'the body is too large');
    chunks.push(chunk);
  }
  if (size === 0) return {};
  try {
    const body = JSON.parse(Buffer.concat(chunks).toString('utf8'));
    if (body !== null && typeof body === 'object' && !Array.isArray(body)) return body;
  } catch {
    // Not JSON: refused below like any other body that is not an object.
  }
  throw new Refused(400, 'the body is not a JSON object');
};

const match = (routes, method, path) => {
  for (const route of routes) {
    const found = route.method === method ? route.pattern.exec(path) : null;
    if (found) return { route, params: Object.fromEntries(Object.entries(found.groups ?? {}).map(([k, v]) => [k, safeDecode(v)])) };
  }
  throw new Refused(404, `no route ${method} ${path}`);
};

const safeDecode = (text) => {
  try {
    return decodeURIComponent(text);
  } catch {
    throw new Refused(400, 'the path is not well encoded');
  }
};

/** Trace and id of a request, as its headers say them (W3C traceparent, or Google's older header), or new ones. */
const idsOf = ({ headers }) => {
  const parent = /^[\da-f]{2}-([\da-f]{32})-/.exec(headers.traceparent ?? '');
  const context = /^([\da-f]{32})/.exec(headers['x-cloud-trace-context'] ?? '');
  return {
    trace_id: parent?.[1] ?? context?.[1] ?? randomBytes(16).toString('hex'),
    request_id: headers['x-request-id'] ?? randomUUID(),
  };
};

const failure = (error, request, identity, ids) => {
  if (error instanceof Refused) return { status: error.status, body: { error: error.message } };
  log('ERROR', `${request.method} ${request.url} failed: ${error.message}`, {
    ...identity,
    code: error.code ?? null,
    trace: request.headers['x-cloud-trace-context'] ?? request.headers.traceparent ?? null,
    ...ids,
  });
  return { status: 500, body: { error: error.message, code: error.code ?? null } };
};

/** Request listener over a table of routes. Every answer but the metrics is JSON and says service and commit. */
exports.createHandler = ({ routes, database, identity }) => {
  const compiled = routes.map(compile);
  const answer = async (request, seen) => {
    const ids = idsOf(request);
    try {
      const { route, params } = match(compiled, request.method, new URL(request.url, 'http://localhost').pathname);
      seen.route = route.path;
      const body = request.method === 'POST' ? await readBody(request) : {};
      return await route.handle({ database, params, body, ids });
    } catch (error) {
      return failure(error, request, identity, ids);
    }
  };
  return async (request, response) => {
    const seen = { route: 'none', at: Date.now() };
    const { status, body, text } = await answer(request, seen);
    const type = text === undefined ? 'application/json' : 'text/plain; version=0.0.4; charset=utf-8';
    response.writeHead(status, { 'content-type': type, 'x-build-sha': identity.buildSha });
    response.end(text ?? `${JSON.stringify({ ...identity, ...body })}\n`);
    requests.increase({ method: request.method, route: seen.route, code: status });
    durations.observe((Date.now() - seen.at) / 1_000);
  };
};
