'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { isFinal, mayFollow, states } = require('../lib/run-states');

test('a run goes from queued through running to completed or failed', () => {
  assert.deepEqual(states, ['queued', 'running', 'completed', 'failed']);
  assert.ok(mayFollow('queued', 'running'));
  assert.ok(mayFollow('running', 'completed'));
  assert.ok(mayFollow('running', 'failed'));
});

test('a run never skips running', () => {
  assert.ok(!mayFollow('queued', 'completed'));
  assert.ok(!mayFollow('queued', 'failed'));
});

test('nothing follows an end', () => {
  for (const end of ['completed', 'failed']) {
    assert.ok(isFinal(end));
    for (const status of states) assert.ok(!mayFollow(end, status));
  }
});
