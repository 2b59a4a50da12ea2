'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { createRouter } = require('../lib/router');

const find = createRouter([
  { method: 'GET', path: '/v1/runs/:runId/summary' },
  { method: 'GET', path: '/v1/runs' },
]);

test('parameters are taken from the path and decoded', () => {
  assert.deepEqual({ ...find('GET', '/v1/runs/a%20b/summary').params }, { runId: 'a b' });
});

test('what is not there is 404, another method 405, a broken path 400', () => {
  assert.throws(() => find('GET', '/v1/run'), { status: 404 });
  assert.throws(() => find('POST', '/v1/runs'), { status: 405 });
  assert.throws(() => find('GET', '/v1/runs/%E0%A4%A/summary'), { status: 400 });
});
