'use strict';

const { createServer } = require('node:http');
const { load } = require('./lib/configuration');
const { openDatabase } = require('./lib/database');
const { createHandler } = require('./lib/http');
const { log } = require('./lib/log');
const { routes } = require('./lib/routes');
const work = require('./lib/work');

const configuration = load(process.env);
const database = openDatabase(configuration.databaseUrl);
const server = createServer(createHandler({ routes, database, identity: configuration.identity }));

work.start(configuration.identity);
server.listen(configuration.port, configuration.host, () => {
  log('INFO', `listening on ${configuration.host}:${configuration.port}`, configuration.identity);
});
server.on('error', (error) => {
  log('CRITICAL', `cannot listen: ${error.message}`, configuration.identity);
  process.exit(1);
});

// The platform sends SIGTERM and kills what is still there some seconds later: finish what is in flight, then go.
process.once('SIGTERM', () => {
  server.close(async () => {
    await database.end();
    process.exit(0);
  });
  server.closeIdleConnections();
  setTimeout(() => process.exit(0), 5_000).unref();
});
