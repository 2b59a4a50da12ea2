import { Settings } from 'luxon';
import pc from 'picocolors';
import { describe, expect, it } from 'vitest';
import { endingLines } from '../../client/view/ending.ts';
import { endLines } from '../../client/view/status.ts';
import type { Ending } from '../../contract/ending.ts';

Settings.defaultZone = 'UTC';
const plain = pc.createColors(false);
const commit = 'b'.repeat(40);

const ending: Ending = {
  why: 'the bake failed: web-500: 9 new entries',
  samples: ['POST /events answered 500'],
  serves: { revision: 'shop-1-r1', digest: 'sha256:a', commit: 'a'.repeat(40) },
  skipped: ['smoke-live skipped by ann@example.com'],
  exposed: { commit, from: '2026-01-02T03:04:05.000Z', to: '2026-01-02T03:04:35.000Z' },
  next: [{ what: 'commit bbbbbbbbbbbb is on hold here', command: './slipway environment lift shop' }, { what: 'rest' }],
};

describe('how a run ended, in lines', () => {
  it('has why, sample, what was skipped, what serves, what users met and what to do, each by itself', () => {
    expect(endingLines(ending, plain)).toEqual([
      '  why      the bake failed: web-500: 9 new entries',
      '  sample   POST /events answered 500',
      '  skipped  smoke-live skipped by ann@example.com',
      '  serves   commit aaaaaaaaaaaa again, as revision shop-1-r1',
      expect.stringMatching(/^ {2}users {4}met commit bbbbbbbbbbbb from .*03:04:05.* to .*03:04:35.* \(30 s\)$/),
      '  next     commit bbbbbbbbbbbb is on hold here',
      '           ./slipway environment lift shop',
      '  next     rest',
    ]);
  });

  it('has a line for each environment of a release', () => {
    const stops = [
      { environment: 'staging', serves: 'commit bbbbbbbbbbbb to 100 % of users (revision shop-2)' },
      { environment: 'production', serves: 'nothing' },
    ];
    const lines = endingLines({ ...ending, serves: 'unchanged', stops, exposed: null }, plain);
    expect(lines.filter((line) => line.startsWith('  serves'))).toEqual([
      '  serves   staging: commit bbbbbbbbbbbb to 100 % of users (revision shop-2)',
      '  serves   production: nothing',
    ]);
    expect(lines).toContain('  users    did not meet it');
  });

  it('stands in the place of the one sentence, where the run has told it in parts', () => {
    const end = { type: 'RolledBack', message: 'all of it in one sentence', result: null };
    expect(endLines({ end, outcome: null, ending }, plain)).toEqual(['RolledBack', ...endingLines(ending, plain)]);
    expect(endLines({ end, outcome: null }, plain)).toEqual(['RolledBack: all of it in one sentence']);
  });
});
