'use strict';

const assert = require('node:assert/strict');
const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { test } = require('node:test');

const base = join(__dirname, '../../deploy/k8s/base');
const policy = readFileSync(join(base, 'network-policy.yaml'), 'utf8');

test('only the web, smoke jobs and monitoring may call the runtime', () => {
  assert.match(policy, /policyTypes: \[Ingress\]/);
  const allowed = [...policy.matchAll(/^ {8}- (podSelector|namespaceSelector):/gm)].map(([, kind]) => kind);
  assert.deepEqual(allowed, ['podSelector', 'podSelector', 'namespaceSelector']);
});

test('the base applies the policy', () => {
  assert.match(readFileSync(join(base, 'kustomization.yaml'), 'utf8'), /- network-policy\.yaml/);
});
