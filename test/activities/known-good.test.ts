import { MockActivityEnvironment } from '@temporalio/testing';
import { describe, expect, it } from 'vitest';
import { artifactOf, commits, digestOfCommit } from '../workflows/world.ts';
import { ledgerEntry as entry, situation } from './ledger.ts';

const promotable = (
  given: Parameters<typeof situation>[0],
  changes: { from?: string; reason?: string; planned?: string } = {},
) => {
  const { activities, productionEntry } = situation(given);
  return new MockActivityEnvironment().run(activities.promotionSource, {
    entry: productionEntry,
    from: 'staging',
    reason: null,
    planned: null,
    ...changes,
  });
};

describe('what may be promoted', () => {
  it('is the artifact that was verified there and serves there', async () => {
    expect(await promotable({})).toEqual(artifactOf(commits.good));
  });

  it('is told with the commit that the registry knows, where what serves does not say it', async () => {
    expect(await promotable({ saysCommit: false })).toEqual(artifactOf(commits.good));
  });

  it('is told with what was skipped there', async () => {
    const skipped = ['bake skipped by ann@example.com'];
    expect(await promotable({ ledger: [entry(commits.good, { skipped })] })).toMatchObject({ skipped });
  });

  it.each([
    ['is not what was verified last', { ledger: [entry(commits.old)] }, {}, 'Superseded'],
    ['was never verified', { ledger: [] }, {}, 'Superseded'],
    ['is on hold', { held: [commits.good] }, {}, 'OnHold'],
    ['is another one than was planned', {}, { planned: digestOfCommit(commits.bad) }, 'Superseded'],
    ['is older than what runs', { runs: commits.bad }, {}, 'Superseded'],
    ['was taken off the release branch', { onBranch: false }, {}, 'Superseded'],
    [
      'was taken off the release branch, though only its image is known',
      { onBranch: false, saysCommit: false },
      {},
      'Superseded',
    ],
    [
      'is older than what runs, though only its image is known',
      { runs: commits.bad, saysCommit: false },
      {},
      'Superseded',
    ],
    ['comes from an unknown environment', {}, { from: 'moon' }, 'InvalidInput'],
  ])('is nothing when it %s', async (_name, given, changes, type) => {
    await expect(promotable(given, changes)).rejects.toMatchObject({ type, nonRetryable: true });
  });

  it('is refused while it is on hold, with the command that lifts the hold where it is', async () => {
    const lift = `--environment staging --digest ${digestOfCommit(commits.good)} --reason`;
    await expect(promotable({ held: [commits.good] })).rejects.toMatchObject({
      message: expect.stringMatching(new RegExp(`^in staging .* lift that: ./slipway environment lift .* ${lift}`)),
    });
  });

  it('names what serves and what was verified by their commits', async () => {
    await expect(promotable({ ledger: [entry(commits.old)] })).rejects.toMatchObject({
      message: expect.stringMatching(/^staging serves commit b{12} \(digest b{12}\), but verified commit a{12} \(/),
    });
  });

  it('may be older than what runs when somebody says why', async () => {
    expect(await promotable({ runs: commits.bad }, { reason: 'the newer one loses events' })).toEqual(
      artifactOf(commits.good),
    );
  });
});
