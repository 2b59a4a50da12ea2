'use strict';

const { log } = require('./log');

const timeoutMs = 5_000;

/** What a release must answer to be one that works: routes of runbook 003. A run of this id is made once. */
const checks = (commit) => [
  { name: 'health', method: 'GET', path: '/health', statuses: [200] },
  { name: 'readiness', method: 'GET', path: '/ready', statuses: [200] },
  {
    name: 'runs',
    method: 'POST',
    path: '/internal/v1/runs',
    body: { run_id: `smoke-${commit}`, owner: 'smoke' },
    statuses: [200, 201],
  },
];

const ask = async (base, commit, { name, method, path, body, statuses }) => {
  const response = await fetch(new URL(path, base), {
    method,
    headers: { 'content-type': 'application/json', 'user-agent': 'openagents-runtime-smoke' },
    ...(body && { body: JSON.stringify(body) }),
    signal: AbortSignal.timeout(timeoutMs),
  });
  const answer = await response.json();
  const asked = `${name}: ${method} ${path} answered ${response.status}`;
  if (!statuses.includes(response.status)) throw new Error(`${asked}, not ${statuses.join(' or ')}`);
  if (answer.commit !== commit) throw new Error(`${asked} with commit ${answer.commit}, not ${commit}`);
  log('INFO', asked);
};

const run = async ({ SMOKE_BASE_URL: base, SMOKE_COMMIT: commit }) => {
  if (!base || !commit) throw new Error('SMOKE_BASE_URL and SMOKE_COMMIT are not set');
  for (const check of checks(commit)) await ask(base, commit, check);
  log('INFO', `smoke passed: ${checks(commit).map(({ name }) => name).join(', ')} of ${commit}`);
};

/** The functions of OpenAgentsRuntime.Deploy.Smoke that this image has, by name. */
exports.functions = { 'run!': run };
