import { execa } from 'execa';

/** Names the person at the command line: the flag, SLIPWAY_USER or git's user.email, else undefined. */
export async function currentPerson(
  flag: string | undefined,
  environment: NodeJS.ProcessEnv,
): Promise<string | undefined> {
  if (flag !== undefined) return flag;
  if (environment['SLIPWAY_USER']) return environment['SLIPWAY_USER'];
  const { stdout, exitCode } = await execa('git', ['config', 'user.email'], { reject: false, timeout: 5_000 });
  return exitCode === 0 && typeof stdout === 'string' && stdout.trim() !== '' ? stdout.trim() : undefined;
}
