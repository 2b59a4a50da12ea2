import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { resolveCommit } from '../../client/requests/commits.ts';

describe('a commit as a person types it', () => {
  let repository: string;
  const commits: Record<string, string> = {};
  const git = async (...args: string[]): Promise<string> =>
    (await execa('git', ['-C', repository, '-c', 'user.name=a', '-c', 'user.email=a@example.com', ...args])).stdout;

  beforeAll(async () => {
    repository = await mkdtemp(path.join(tmpdir(), 'slipway-commits-'));
    await git('init', '--quiet', '--initial-branch=main');
    for (const name of ['first', 'second', 'third']) {
      await git('commit', '--quiet', '--allow-empty', '-m', name);
      commits[name] = await git('rev-parse', 'HEAD');
      await git('tag', ...(name === 'second' ? ['-a', '-m', 'annotated'] : []), name);
    }
    await git('branch', 'both', 'first');
    await git('tag', 'both', 'third');
  });
  afterAll(async () => rm(repository, { recursive: true, force: true }));

  it.each([
    ['a branch', () => 'main', 'third'],
    ['a tag', () => 'first', 'first'],
    ['an annotated tag, as the commit that it stands for', () => 'second', 'second'],
    ['the beginning of a SHA', () => commits['first']?.slice(0, 9) ?? '', 'first'],
    ['a whole ref', () => 'refs/heads/main', 'third'],
  ])('is %s', async (_name, given, expected) => {
    expect(await resolveCommit(repository, given())).toEqual({ commit: commits[expected] });
  });

  it('is taken as it is when it is a full SHA, known or not', async () => {
    expect(await resolveCommit('/nonexistent', 'f'.repeat(40))).toEqual({ commit: 'f'.repeat(40) });
  });

  it.each([
    ['is unknown', 'nothing', 'no branch or tag'],
    ['is branch and tag of different commits', 'both', 'could be'],
    ['is an option of git', '--upload-pack=touch x', 'must be a commit'],
    ['is too short to be a SHA', 'abc', 'no branch or tag'],
  ])('is refused when it %s', async (_name, given, message) => {
    expect(await resolveCommit(repository, given)).toEqual({
      problem: { path: 'commit', message: expect.stringContaining(message) },
    });
  });

  it('is refused when the repository does not answer', async () => {
    expect(await resolveCommit('/nonexistent', 'main')).toEqual({
      problem: { path: 'commit', message: expect.stringContaining('cannot be looked up') },
    });
  });
});
