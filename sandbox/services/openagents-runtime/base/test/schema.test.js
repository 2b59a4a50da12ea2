'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { openDatabase } = require('../lib/database');
const { exclusively, migrate } = require('../lib/migrations');
const schema = require('../lib/schema');

const address = process.env.TEST_DATABASE_URL;

test('the migrations make every table that this release uses', async () => {
  assert.ok(address, 'TEST_DATABASE_URL is not set');
  await exclusively(address, migrate);
  const database = openDatabase(address);
  try {
    assert.deepEqual(await schema.missing(database), []);
  } finally {
    await database.end();
  }
});

test('migrations that have run do not run again', async () => {
  assert.deepEqual(await exclusively(address, migrate), []);
});
