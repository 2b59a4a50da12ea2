'use strict';

const { createServer } = require('node:http');
const { json } = require('node:stream/consumers');
const { fatal, log } = require('./log');
const { prepare } = require('./preparation');
const { createRoutes } = require('./routes');

/** Serves until SIGTERM. */
exports.serve = async (settings) => {
  await prepare(settings);
  const routes = createRoutes(settings);
  const server = createServer(async (request, response) => {
    const route = routes[`${request.method} ${request.url.split('?')[0]}`];
    const body = request.method === 'POST' ? await json(request).catch(() => null) : null;
    const answer = route ? route(body) : { status: 404, body: { error: 'no such route' } };
    response.writeHead(answer.status, { 'content-type': 'application/json' });
    response.end(`${JSON.stringify(answer.body)}\n`);
  });
  server.listen(settings.port, () => log('INFO', `listening on ${settings.port}`, { profile: settings.profile }));
  server.on('error', (error) => {
    fatal(`cannot listen: ${error.message}`);
    process.exit(1);
  });
  process.once('SIGTERM', () => {
    server.close(() => process.exit(0));
    server.closeIdleConnections();
    setTimeout(() => process.exit(0), 5_000).unref();
  });
};
