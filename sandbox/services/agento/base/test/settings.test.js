'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { readSettings } = require('../lib/settings');

const complete = {
  DATABASE_URL: 'postgres://localhost/agento',
  TEMPO_RPC_URL: 'http://tempo.example',
  CHAIN_ID: '42',
  APP_BASE_URL: 'http://app.example',
  DOWNSTREAM_API_URL: 'http://downstream.example',
  INTERNAL_API_KEY: 'key',
};

test('what is complete has no problem', () => {
  assert.deepEqual(readSettings(complete).problems, []);
  assert.equal(readSettings(complete).settings.chainId, 42);
});

test('everything that is wrong is said at once', () => {
  const { problems } = readSettings({ DATABASE_URL: 'x', APP_BASE_URL: 'nowhere', CHAIN_ID: 'one' });
  assert.deepEqual(problems, ['missing: TEMPO_RPC_URL, DOWNSTREAM_API_URL, INTERNAL_API_KEY', 'APP_BASE_URL is not an address', 'CHAIN_ID is not a number']);
});
