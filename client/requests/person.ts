import { execa } from 'execa';

/** Who asks: the flag, else SLIPWAY_USER, else the address that git signs with; undefined when nobody can be named. */
export async function whoAsks(flag: string | undefined, environment: NodeJS.ProcessEnv): Promise<string | undefined> {
  if (flag !== undefined) return flag;
  if (environment['SLIPWAY_USER']) return environment['SLIPWAY_USER'];
  const { stdout, exitCode } = await execa('git', ['config', 'user.email'], { reject: false, timeout: 5_000 });
  return exitCode === 0 && typeof stdout === 'string' && stdout.trim() !== '' ? stdout.trim() : undefined;
}
