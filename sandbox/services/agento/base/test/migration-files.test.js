'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { available, ordered } = require('../lib/migration-files');

test('migrations are ordered by version', () => {
  const versions = ordered(['20260112100000_b.sql', '20260105090000_a.sql', 'notes.md']).map(({ version }) => version);
  assert.deepEqual(versions, ['20260105090000', '20260112100000']);
});

test('a name without a version and a version twice are refused, both at once', () => {
  assert.throws(() => ordered(['20260105090000_a.sql', '20260105090000_b.sql', 'later.sql']), /b\.sql has the version of another migration; later\.sql is not named/);
});

test('those of this release are in order', () => {
  assert.ok(available().length > 0);
});
