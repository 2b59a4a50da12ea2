import { execa } from 'execa';

/** Nothing of the person's own git takes part: a commit's id must be the same on every machine. */
const environment = {
  GIT_CONFIG_GLOBAL: '/dev/null',
  GIT_CONFIG_SYSTEM: '/dev/null',
  GIT_CONFIG_NOSYSTEM: '1',
  GIT_TERMINAL_PROMPT: '0',
  LC_ALL: 'C',
};

/** Leaves out GIT_DIR and its like. A git hook exports them, and they would point our commands at its repository. */
const withoutGitVariables = (): NodeJS.ProcessEnv =>
  Object.fromEntries(Object.entries(process.env).filter(([name]) => !name.startsWith('GIT_')));

/** Runs git and answers what it printed. */
export const git = async (args: string[], input?: Buffer): Promise<string> => {
  const { stdout } = await execa('git', args, {
    env: { ...withoutGitVariables(), ...environment },
    extendEnv: false,
    ...(input === undefined ? {} : { input }),
  });
  return stdout;
};
