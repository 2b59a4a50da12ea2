'use strict';

const { createServer } = require('node:http');
const { identity, host, port } = require('./lib/configuration');
const { log } = require('./lib/log');
const { answer } = require('./lib/routes');

const server = createServer(async (request, response) => {
  const { status, body, type = 'application/json' } = await answer(request);
  response.writeHead(status, { 'content-type': type, 'x-build-sha': identity.buildSha });
  response.end(typeof body === 'string' ? body : `${JSON.stringify({ ...identity, ...body })}\n`);
});

server.listen(port, host, () => log('INFO', `listening on ${host}:${port}`, identity));
server.on('error', (error) => {
  log('CRITICAL', `cannot listen: ${error.message}`, identity);
  process.exit(1);
});

process.once('SIGTERM', () => {
  server.close(() => process.exit(0));
  server.closeIdleConnections();
  setTimeout(() => process.exit(0), 5_000).unref();
});
