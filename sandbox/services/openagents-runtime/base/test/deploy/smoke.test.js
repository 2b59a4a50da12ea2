'use strict';

const assert = require('node:assert/strict');
const { createServer } = require('node:http');
const { test } = require('node:test');
const { functions } = require('../../lib/smoke');

/** Runs the smoke against a service that answers with this commit. */
const smoke = async (answered) => {
  const server = createServer((_request, response) => response.end(JSON.stringify({ commit: answered })));
  await new Promise((resolve) => server.listen(0, '127.0.0.1', resolve));
  const SMOKE_BASE_URL = `http://127.0.0.1:${server.address().port}`;
  try {
    await functions['run!']({ SMOKE_BASE_URL, SMOKE_COMMIT: 'good' });
  } finally {
    server.close();
    server.closeAllConnections();
  }
};

test('the smoke passes for a service that answers with its commit', () => smoke('good'));

test('the smoke fails for a service of another commit', () =>
  assert.rejects(smoke('bad'), /with commit bad, not good/));
