'use strict';

const assert = require('node:assert/strict');
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { test } = require('node:test');

const workload = readFileSync(join(__dirname, '../../deploy/k8s/base/statefulset.yaml'), 'utf8');
const program = readFileSync(join(__dirname, '../../bin/openagents-runtime'), 'utf8');

test('the workload names the Secret from which migration jobs read the address of the database', () => {
  assert.match(workload, /name: DATABASE_URL\s+valueFrom:\s+secretKeyRef:\s+name: openagents-runtime-secrets/);
});

test('the program of the jobs has a module for migrations and one for smoke', () => {
  assert.match(program, /Release: release\.functions/);
  assert.match(program, /'Deploy\.Smoke': smoke\.functions/);
});
