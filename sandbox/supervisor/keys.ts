import { execFile } from 'node:child_process';
import { chmod, mkdir, readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { SandboxDescription } from '../description.ts';
import { fileNameOf, samplePeople } from '../people.ts';

const run = promisify(execFile);
const makeWithinMs = 10_000;

const isThere = async (program: string): Promise<boolean> =>
  run(program, ['-?'], { timeout: makeWithinMs }).then(
    () => true,
    // It answers an option that it does not know with a usage and a failure; what is not there does not answer.
    (error: NodeJS.ErrnoException) => error.code !== 'ENOENT',
  );

/** Reads a person's public key, and makes it with its private half when there is none yet. */
const keyOf = async (program: string, folder: string, person: string): Promise<string> => {
  const file = join(folder, fileNameOf(person));
  const read = (): Promise<string> => readFile(`${file}.pub`, 'utf8').then((text) => text.trim());
  const present = await read().catch(() => '');
  if (present !== '') return present;
  // What an interrupted start has left: the tool would ask whether to overwrite it.
  await rm(file, { force: true });
  await run(program, ['-q', '-t', 'ed25519', '-N', '', '-C', person, '-f', file], { timeout: makeWithinMs });
  await chmod(file, 0o600);
  return read();
};

/**
 * Creates SSH keys for the people of the sandbox's catalog, `<dir>/keys/<name>` and `<name>.pub`. They are kept from
 * one start to the next, and sign what production asks for. Where OpenSSH's tool is missing it says so and answers
 * undefined.
 */
export const createKeys = async (
  dir: string,
  say: (line: string) => void,
  program = 'ssh-keygen',
): Promise<SandboxDescription['keys']> => {
  if (!(await isThere(program))) {
    say(
      'nobody in this sandbox can sign: ssh-keygen is not installed. ' +
        "Install OpenSSH's client (Debian and Ubuntu: openssh-client; Alpine: openssh-keygen) " +
        'and start the sandbox again',
    );
    return undefined;
  }
  const folder = join(dir, 'keys');
  await mkdir(folder, { recursive: true, mode: 0o700 });
  const keys = await Promise.all(
    samplePeople.map(async (person): Promise<[string, string]> => [person, await keyOf(program, folder, person)]),
  );
  return { folder, public: Object.fromEntries(keys) };
};
