'use strict';

const assert = require('node:assert');
const { join } = require('node:path');
const { test } = require('node:test');
const { createTasks } = require('../lib/tasks');
const { readSettings } = require('../lib/settings');
const { parseToml } = require('../lib/toml');

const folder = join(__dirname, '..');
const settings = (environment = {}, flags = {}) => readSettings({ flags, environment, folder });

test('serverless_profile: no watchers, no remote, the manifest beside the program', () => {
  const { watchers, remote, inlineManifestOnly } = settings({ ONEIRIC_PROFILE: 'serverless' });
  assert.deepStrictEqual({ watchers, remote, inlineManifestOnly }, { watchers: false, remote: false, inlineManifestOnly: true });
});

test('serverless_profile: the environment overrides the supervisor', () => {
  assert.strictEqual(settings({ ONEIRIC_RUNTIME_SUPERVISOR__ENABLED: 'false' }).supervisor.enabled, false);
  assert.strictEqual(settings().supervisor.override, null);
});

test('serverless_profile: a task that is delivered twice is one run', () => {
  const tasks = createTasks({ workflows: [{ key: 'notify' }] }, 'accepting');
  const task = { workflow: 'notify', run_id: 'r1' };
  assert.deepStrictEqual(tasks.accept(task), tasks.accept(task));
  assert.strictEqual(tasks.accept({ workflow: 'unknown' }).status, 400);
});

test('the configuration is read', () => {
  const read = parseToml('# a comment\n[a.b]\nlist = ["x", "y"]\ncount = 3\non = true\n');
  assert.deepStrictEqual(read, { a: { b: { list: ['x', 'y'], count: 3, on: true } } });
});
