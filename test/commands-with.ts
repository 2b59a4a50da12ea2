import { readdir, readFile } from 'node:fs/promises';

/** Lists the commands that run on this machine and have a word among theirs. */
export async function commandsWith(word: string): Promise<string[]> {
  const processes = (await readdir('/proc')).filter((name) => /^\d+$/.test(name));
  const commands = await Promise.all(
    processes.map((pid) => readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => 'ended meanwhile')),
  );
  return commands.filter((command) => command.includes(word));
}
