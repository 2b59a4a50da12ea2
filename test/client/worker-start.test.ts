import { expect, it } from 'vitest';
import { untilWorkerStarts } from '../../client/start/worker-start.ts';

it.each([
  ['that starts is said once, and waited for', [false, false, true], ['the worker is starting']],
  ['that works already is not talked about', [true], []],
])('a worker %s', async (_what, answers, expected) => {
  const said: string[] = [];
  await untilWorkerStarts(
    { note: (line) => void said.push(line) },
    { hasWorker: async () => Promise.resolve(answers.shift() ?? false) },
  );
  expect(said).toEqual(expected);
  expect(answers).toEqual([]);
});
