import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { commitThatGoesBad, commitToRelease, hasKnownGood, sampleFor } from '../../client/start/sample.ts';
import { suggestedCommands } from '../../client/start/index.ts';
import type { EnvironmentStatus } from '../../contract/environment.ts';
import { standInVariables } from '../../sandbox/people.ts';
import { createRepositories } from '../../sandbox/repositories.ts';
import { runSlipway } from './run-slipway.ts';

describe('what npm start releases', () => {
  let dir: string;
  const commits: Record<string, string> = {};
  beforeAll(async () => {
    dir = await mkdtemp(path.join(tmpdir(), 'slipway-start-'));
    const runtime = (await createRepositories(dir)).find(({ name }) => name === 'openagents-runtime');
    for (const { name, commit } of runtime?.scenarios ?? []) commits[name] = commit;
  });
  afterAll(async () => rm(dir, { recursive: true, force: true }));

  const after = (released: string[], held: string[] = []): EnvironmentStatus =>
    ({
      ledger: released.map((name) => ({ kind: 'deploy', verified: true, commit: commits[name] })),
      holds: held.map((name) => ({ commit: commits[name] })),
    }) as EnvironmentStatus;

  it.each<[string, string[] | null, string]>([
    ['the first good commit over what was deployed by hand', null, 'good'],
    ['the next good one over a good one', ['good'], 'compatible-migration'],
    ['what serves, when there is nothing newer', ['good', 'compatible-migration'], 'compatible-migration'],
    ['what serves, when that is past every good one', ['incompatible-migration'], 'incompatible-migration'],
  ])('is %s', async (_name, released, expected) => {
    expect((await commitToRelease(dir, sampleFor([]), released && after(released))).name).toBe(expected);
  });

  it('is nothing that was rolled back, and not what came before it again', async () => {
    expect(
      (
        await commitToRelease(
          dir,
          sampleFor([]),
          after(['good', 'compatible-migration', 'fails-smoke'], ['fails-smoke']),
        )
      ).name,
    ).toBe('compatible-migration');
    expect((await commitToRelease(dir, sampleFor([]), after(['good'], ['compatible-migration']))).name).toBe('good');
  });

  it.each<[string, string[], string[], string]>([
    ['the first that does, over a good one', ['good'], [], 'fails-tools'],
    ['the next one, when the first was rolled back', ['good', 'fails-tools'], ['fails-tools'], 'fails-streams'],
  ])('to see an incident is %s', async (_name, released, held, expected) => {
    expect((await commitThatGoesBad(dir, sampleFor([]), after(released, held))).name).toBe(expected);
  });

  it('to see an incident is nothing that is older than what serves', async () => {
    await expect(commitThatGoesBad(dir, sampleFor([]), after(['compatible-migration']))).rejects.toThrow(
      'every release of the sample that goes bad is on hold, or older than what serves',
    );
  });

  it.each([[[]], [['kubernetes']]])('is followed by commands that their people may send (with %s)', async (parts) => {
    const starts = suggestedCommands('deploy-1', sampleFor(parts)).filter((command) => command.includes(' deploy '));
    expect(starts).toHaveLength(1);
    for (const command of starts) {
      const words = command
        .split(' ')
        .slice(1)
        .map((word) => (word === 'fails-smoke' ? 'a'.repeat(40) : word));
      const ran = await runSlipway(words, { ...standInVariables, TEMPORAL_ADDRESS: '127.0.0.1:1' });
      // Nothing is wrong with it but the server, which is not there.
      expect(ran).toMatchObject({ exitCode: 3, stderr: expect.stringContaining('127.0.0.1:1') });
    }
  });

  it('is a way back only if nobody has rolled it back', () => {
    expect([null, after([]), after(['good']), after(['good'], ['good'])].map(hasKnownGood)).toEqual([
      false,
      false,
      true,
      false,
    ]);
  });
});
