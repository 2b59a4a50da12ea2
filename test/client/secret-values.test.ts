import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { parseSources, readValues } from '../../client/requests/secret-values.ts';

let folder: string;
const file = (name: string) => path.join(folder, name);

beforeAll(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'slipway-values-'));
  await writeFile(file('url'), 'postgres://one\n');
  await writeFile(file('windows'), 'one\r\n');
  await writeFile(file('lines'), 'one\ntwo\n\n');
  await writeFile(file('blank'), '\n');
  await writeFile(file('large'), 'x'.repeat(64 * 1024 + 1));
});
afterAll(() => rm(folder, { recursive: true }));

/** Reads values, with this on standard input. */
async function read(secret: string, input = ''): Promise<Record<string, string>> {
  const values = await readValues(parseSources(secret), Readable.from([Buffer.from(input)]));
  return Object.fromEntries([...values].map(([variable, value]) => [variable, Buffer.from(value).toString()]));
}

describe('values of secrets', () => {
  it('come from files and one from standard input, without one line end', async () => {
    expect(await read(`URL=${file('url')},KEY,OTHER=${file('windows')}`, 'from = input')).toEqual({
      URL: 'postgres://one',
      KEY: 'from = input',
      OTHER: 'one',
    });
    expect(await read(`KEY=${file('lines')}`)).toEqual({ KEY: 'one\ntwo\n' });
  });

  it.each([
    ['two of standard input', () => read('ONE,TWO', 'value'), 'standard input has one value'],
    ['an empty one', () => read(`KEY=${file('blank')}`), 'the value of KEY is empty'],
    ['one that no store takes', () => read(`KEY=${file('large')}`), 'more than 65536 bytes'],
    ['a file that is not there', () => read(`KEY=${file('none')}`), 'cannot be read (ENOENT)'],
  ])('%s is refused', async (_what, reading, message) => {
    await expect(reading()).rejects.toMatchObject({
      problems: [{ path: 'secret', message: expect.stringContaining(message) }],
    });
  });

  it('are not typed where others may see them', async () => {
    const terminal = Object.assign(Readable.from([]), { isTTY: true });
    await expect(readValues(parseSources('KEY'), terminal)).rejects.toMatchObject({
      problems: [{ path: 'secret', message: expect.stringContaining('give the value of KEY by standard input') }],
    });
  });
});
