'use strict';

const assert = require('node:assert/strict');
const { test } = require('node:test');
const { orchestrate, stepsOf } = require('../lib/orchestrate');

test('a goal has as many steps as parts', () => {
  assert.deepEqual(stepsOf('find a flat, then book it; tell me'), ['find a flat', 'book it', 'tell me']);
  assert.deepEqual(stepsOf('strengthen'), ['strengthen']);
});

test('the output says each step with its result', () => {
  const { steps, summary } = orchestrate({ goal: 'find, book', chainId: 1 });
  assert.deepEqual(steps.map(({ result }) => result), ['done', 'done']);
  assert.equal(summary, '2 of 2 steps done');
});

test('a goal that cannot be reached fails with the reason', () => {
  assert.throws(() => orchestrate({ goal: 'fail for once', chainId: 1 }), /cannot be reached: fail for once/);
});
