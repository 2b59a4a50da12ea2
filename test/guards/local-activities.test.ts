import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import { expect, it } from 'vitest';

const folder = path.join(import.meta.dirname, '..', '..', 'workflows');
/**
 * Two heartbeats of a workflow task with the default time limit of ten seconds. Seen with a local activity of 18
 * seconds beside `condition` with a time limit of two to seven seconds: no such history replays. With one of 15
 * seconds each does.
 */
const twoHeartbeatsSeconds = 16;

it('every local activity ends, with all its tries, before the second heartbeat of its workflow task', async () => {
  const names = (await readdir(folder, { recursive: true })).filter((name) => name.endsWith('.ts'));
  const sources = await Promise.all(names.map((name) => readFile(path.join(folder, name), 'utf8')));
  const options = sources.flatMap((source) => source.split(/\bproxyLocalActivities</).slice(1));
  expect(options).not.toEqual([]);
  for (const text of options) {
    const [, seconds] = /^[^]*?\(\{[^}]*?\bscheduleToCloseTimeout: '(\d+) seconds'/.exec(text) ?? [];
    expect(Number(seconds), text.slice(0, 200)).toBeLessThan(twoHeartbeatsSeconds);
  }
});
