import { describe, expect, it } from 'vitest';
import { hideCredentials } from '../../activities/redaction/credentials.ts';

const length = 64 * 1024;
/** Computing time, and not time on the clock: other tests run beside this one. */
const maxMs = 300;

/** Texts that begin like a credential over and over, and never end like one: at least one for each form. */
const beginnings = [
  ...['-----BEGIN ', '-----BEGIN PRIVATE KEY-----', '-----BEGIN PRIVATE KEY----------END ', '-----BEGIN A'],
  ...['://', '://a:', '://a:b', '://a:@', '://a'],
  ...['bearer ', 'bearer a', 'basic\t', 'bearer =', 'bearer.'],
  ...['eyJ-', 'eyJa-', 'eyJaaaaa.', 'eyJaaaaa-eyJ.', 'eyJaaaaa.eyJ-', `${'eyJa-'.repeat(100)}.`],
  ...['AIza', 'AIza-', 'ya29.', 'ya29.-', 'ghp_', 'ghp_a', 'github_pat_', 'glpat-', 'glpat-a'],
  ...['AKIA', 'AKIA-', 'xoxb-', 'npm_', 'SG.', 'SG.aaaaaaaaaaaaaaaa', 'SG.aaaaaaaaaaaaaaaa.', 'SG.-'],
  ...['sk_live_', 'sk_live_-', 'sk-', 'sk-a', 'sk-a-', 'whsec_', 'whsec_-'],
  ...['https://hooks.slack.com/', 'https://hooks.slack.com'],
  ...['token', 'token=', 'token =', 'token= ', 'token="', 'token"="', 'token=projects/a', 'token=projects/'],
  ...['token":', 'token" : ', 'token":"', 'token":"projects/a'],
  ...['token:', 'token: ', 'token:a', 'token:projects/a', 'token : '],
];
/** Characters that a form goes on over, behind one beginning of it. */
const runs = [' ', 'a', '-', '=', '/', '\n', 'A', '.', ':', '@', '"'];

describe('the search for credentials', () => {
  it('takes a password with a raw @ as a whole, and a long token', () => {
    expect(hideCredentials('https://app:p@s3cr3t@db.example/app')).toBe('https://app:[secret]@db.example/app');
    expect(hideCredentials(`it is eyJ${'a'.repeat(900)}.${'b'.repeat(9_000)}.c now`)).toBe('it is [secret] now');
  });

  it.each(beginnings)('takes no long time for a text of others that is full of %j', (beginning) => {
    const text = beginning.repeat(Math.ceil(length / beginning.length)).slice(0, length);
    expect(timeOf(() => hideCredentials(text))).toBeLessThan(maxMs);
  });

  it.each(beginnings)('takes no long time for a text of others that begins with %j', (beginning) => {
    for (const run of runs)
      expect(
        timeOf(() => hideCredentials(beginning + run.repeat(length))),
        `then ${run}`,
      ).toBeLessThan(maxMs);
  });
});

function timeOf(work: () => void): number {
  const before = process.threadCpuUsage();
  work();
  const { user, system } = process.threadCpuUsage(before);
  return (user + system) / 1_000;
}
