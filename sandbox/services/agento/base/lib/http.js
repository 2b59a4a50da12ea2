'use strict';

const { log } = require('./log');
const { Refused } = require('./refused');
const { createRouter } = require('./router');

const bodyLimitBytes = 64 * 1024;

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

const failure = (error, request, identity) => {
  if (error instanceof Refused) return { status: error.status, body: { error: error.message } };
  const trace = request.headers['x-cloud-trace-context'] ?? request.headers.traceparent ?? null;
  log('ERROR', `${request.method} ${request.url} failed: ${error.message}`, { ...identity, code: error.code ?? null, trace });
  return { status: 500, body: { error: error.message, code: error.code ?? null } };
};

/** Request listener over a table of routes. Every answer is JSON. A route's `allow` is asked before its body is read. */
exports.createListener = ({ routes, identity }) => {
  const find = createRouter(routes);
  const answer = async (request) => {
    const { pathname, searchParams } = new URL(request.url, 'http://localhost');
    const { route, params } = find(request.method, pathname);
    route.allow?.(request.headers);
    const body = request.method === 'GET' ? {} : await readBody(request);
    return route.handle({ params, query: searchParams, body });
  };
  return async (request, response) => {
    const { status, body } = await answer(request).catch((error) => failure(error, request, identity));
    response.writeHead(status, { 'content-type': 'application/json', 'x-build-sha': identity.commit });
    response.end(`${JSON.stringify(body)}\n`);
  };
};
