'use strict';

const { log } = require('./log');
const { Refused } = require('./refused');

const bodyLimitBytes = 64 * 1024;

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

const failure = (error, request, identity) => {
  if (error instanceof Refused) return { status: error.status, body: { error: error.message } };
  log('ERROR', `${request.method} ${request.url} failed: ${error.message}`, {
    ...identity,
    code: error.code ?? null,
    trace: request.headers['x-cloud-trace-context'] ?? request.headers.traceparent ?? null,
  });
  return { status: 500, body: { error: error.message, code: error.code ?? null } };
};

/** Request listener over a table of routes. Every answer is JSON and says service and commit. */
exports.createHandler = ({ routes, database, identity }) => {
  const compiled = routes.map(compile);
  const answer = async (request) => {
    try {
      const { route, params } = match(compiled, request.method, new URL(request.url, 'http://localhost').pathname);
      return await route.handle({ database, params, body: request.method === 'POST' ? await readBody(request) : {} });
    } catch (error) {
      return failure(error, request, identity);
    }
  };
  return async (request, response) => {
    const { status, body } = await answer(request);
    response.writeHead(status, { 'content-type': 'application/json', 'x-build-sha': identity.buildSha });
    response.end(`${JSON.stringify({ ...identity, ...body })}\n`);
  };
};
