/**
 * `npm test`, after the set-up: type check, lint and form one after the other, the tests beside them; all also after a
 * failure. Arguments go to vitest. The last line says how many tests passed and failed; the same line is in
 * `.slipway/test-summary.txt`.
 */
import { mkdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { execa, type Options } from 'execa';
import { summaryOf } from './summary.ts';

const project = join(import.meta.dirname, '..');
const state = join(project, '.slipway');
const results = join(state, 'test-results.json');
const bin = join(project, 'node_modules', '.bin');
// Each test file and each process that it starts loads the same libraries: what was compiled once is kept.
const NODE_COMPILE_CACHE = process.env['NODE_COMPILE_CACHE'] ?? join(state, 'compile-cache');
const env = { PATH: [bin, process.env['PATH']].join(delimiter), NODE_COMPILE_CACHE };

const passes = async (title: string, program: string, args: string[], output: Options): Promise<boolean> => {
  const startedAt = Date.now();
  const { failed, all, shortMessage } = await execa(join(bin, program), args, {
    ...{ cwd: project, env, reject: false, stdin: 'ignore' },
    ...output,
  });
  const seconds = ((Date.now() - startedAt) / 1_000).toFixed(1);
  if (all) process.stdout.write(`${String(all)}\n`);
  process.stdout.write(`${title}: ${failed ? `FAILED: ${shortMessage}` : 'passed'} (${seconds} s)\n`);
  return !failed;
};

/** Says all that it has to say at its end, so that it does not mix with what the tests say. */
const checks = async (): Promise<boolean> => {
  const atItsEnd = { all: true } as const;
  const passed = [
    await passes('type check', 'tsc', ['--noEmit'], atItsEnd),
    await passes('lint', 'eslint', ['.', '--max-warnings', '0'], atItsEnd),
    await passes('form', 'prettier', ['--log-level', 'warn', '--check', '.'], atItsEnd),
  ];
  return passed.every(Boolean);
};

const tests = (): Promise<boolean> => {
  const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${results}`];
  const atOnce = { stdout: 'inherit', stderr: 'inherit' } as const;
  return passes('tests', 'vitest', ['run', ...reporters, ...process.argv.slice(2)], atOnce);
};

mkdirSync(state, { recursive: true });
rmSync(results, { force: true });
const passed = await Promise.all([checks(), tests()]);
const summary = summaryOf(() => readFileSync(results, 'utf8'));
writeFileSync(join(state, 'test-summary.txt'), `${summary}\n`);
process.stdout.write(`${summary}\n`);
process.exitCode = passed.every(Boolean) ? 0 : 1;
