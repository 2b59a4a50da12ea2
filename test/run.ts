/**
 * `npm test`, after the set-up: type check, lint, form and tests, one after the other, all also after a failure.
 * Arguments go to vitest. The last line says how many tests passed and failed; the same line is in
 * `.slipway/test-summary.txt`.
 */
import { spawnSync } from 'node:child_process';
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { summaryOf } from './summary.ts';

const project = join(import.meta.dirname, '..');
const state = join(project, '.slipway');
const results = join(state, 'test-results.json');
const bin = join(project, 'node_modules', '.bin');
const env = { ...process.env, PATH: [bin, process.env['PATH']].join(delimiter) };

const passes = (title: string, program: string, args: string[]): boolean => {
  const startedAt = Date.now();
  const { status, error } = spawnSync(join(bin, program), args, { cwd: project, env, stdio: 'inherit' });
  const seconds = ((Date.now() - startedAt) / 1_000).toFixed(1);
  process.stdout.write(
    `${title}: ${status === 0 ? 'passed' : 'FAILED'} (${seconds} s)${error ? ` ${error.message}` : ''}\n`,
  );
  return status === 0;
};

mkdirSync(state, { recursive: true });
rmSync(results, { force: true });
const checks = [
  passes('type check', 'tsc', ['--noEmit']),
  passes('lint', 'eslint', ['.', '--max-warnings', '0']),
  passes('form', 'prettier', ['--log-level', 'warn', '--check', '.']),
  passes('tests', 'vitest', [
    'run',
    '--reporter=default',
    '--reporter=json',
    `--outputFile.json=${results}`,
    ...process.argv.slice(2),
  ]),
];
const summary = summaryOf(() => readFileSync(results, 'utf8'));
writeFileSync(join(state, 'test-summary.txt'), `${summary}\n`);
process.stdout.write(`${summary}\n`);
process.exitCode = checks.every(Boolean) ? 0 : 1;
