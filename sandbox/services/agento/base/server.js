'use strict';

const { createServer } = require('node:http');
const { openDatabase } = require('./lib/database');
const { createListener } = require('./lib/http');
const { log } = require('./lib/log');
const { createRoutes } = require('./lib/routes');
const { readSettings } = require('./lib/settings');
const { startWorker } = require('./lib/worker');

const { settings, problems } = readSettings(process.env);
if (problems.length > 0) {
  log('CRITICAL', `the configuration is not complete: ${problems.join('; ')}`);
  process.exit(1);
}

const { identity } = settings;
const database = openDatabase(settings.databaseUrl);
const worker = startWorker({ database, settings });
const server = createServer(createListener({ routes: createRoutes({ database, settings, worker }), identity }));

server.listen(settings.port, settings.host, () => log('INFO', `listening on ${settings.host}:${settings.port}`, identity));
server.on('error', (error) => {
  log('CRITICAL', `cannot listen: ${error.message}`, identity);
  process.exit(1);
});

// The platform sends SIGTERM and kills what is still there some seconds later: finish what is in flight, then go.
process.once('SIGTERM', () => {
  setTimeout(() => process.exit(0), 5_000).unref();
  server.close(async () => {
    await worker.stop();
    await database.end();
    process.exit(0);
  });
  server.closeIdleConnections();
});
