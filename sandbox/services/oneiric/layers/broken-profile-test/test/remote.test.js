'use strict';

const assert = require('node:assert');
const { join } = require('node:path');
const { test } = require('node:test');
const { readSettings } = require('../lib/settings');

test('serverless_profile: remote sync is on where nobody says otherwise', () => {
  const settings = readSettings({ flags: {}, environment: {}, folder: join(__dirname, '..') });
  assert.strictEqual(settings.remote, true);
});
