import { PassThrough } from 'node:stream';
import { expect, it } from 'vitest';
import { createOutput } from '../../client/cli/output.ts';
import { createPassingLine } from '../../client/cli/passing-line.ts';

const plain = (text: string): string => text;

function terminal(isTTY: boolean) {
  const stream = Object.assign(new PassThrough(), { isTTY, columns: 12 });
  return { stream, written: () => String(stream.read() ?? '') };
}

it('a passing line has one place on a terminal, is cut to it, and makes room for others', () => {
  const { stream, written } = terminal(true);
  const output = createOutput(null, { stdout: stream, stderr: stream, environment: { NO_COLOR: '1' } });
  output.progress('1 of 200 packages', true);
  output.progress('2 of 200 packages', true);
  output.progress('built');
  const anew = '\u001b[1G\u001b[2K';
  expect(written()).toBe(`1 of 200 pa${anew}2 of 200 pa${anew}built\n`);
});

it('in a pipe a passing line is printed now and then', () => {
  let now = 0;
  const { stream, written } = terminal(false);
  const line = createPassingLine(stream, {}, () => now);
  const due = [0, 14_000, 15_000, 16_000, 31_000].map((at) => {
    now = at;
    line.show('never', plain);
    return line.isDue();
  });
  expect(due).toEqual([false, false, true, false, true]);
  expect(written()).toBe('');
});
