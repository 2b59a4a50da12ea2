'use strict';

const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { routes } = require('../lib/routes');

/** Compares the routes of the contract with those that this release has (runbook 003, useful commands). */
const document = readFileSync(join(__dirname, '..', 'docs', 'RUNTIME_CONTRACT.md'), 'utf8');
const promised = [...document.matchAll(/^- `([A-Z]+ \/internal\/v1\/\S*)`/gm)].map(([, route]) => route);
const implemented = routes
  .filter(({ path }) => path.startsWith('/internal/v1/'))
  .map(({ method, path }) => `${method} ${path}`);

const problems = [
  ...promised.filter((route) => !implemented.includes(route)).map((route) => `${route} is promised and not there`),
  ...implemented.filter((route) => !promised.includes(route)).map((route) => `${route} is there and not documented`),
  ...(promised.length === 0 ? ['RUNTIME_CONTRACT.md names no route'] : []),
];
for (const problem of problems) process.stderr.write(`contract: ${problem}\n`);
process.stdout.write(problems.length > 0 ? 'runtime contract check failed\n' : 'runtime contract check passed\n');
process.exitCode = problems.length > 0 ? 1 : 0;
