import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { homedir, tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { samePerson } from '../../contract/people.ts';
import { signatureNamespace } from '../../contract/statement.ts';
import { readSandbox } from '../../sandbox/description.ts';
import { fileNameOf } from '../../sandbox/people.ts';
import { CommandError } from '../cli/command-error.ts';
import type { Session } from '../cli/session.ts';

/** File names of a person's keys, in the order in which OpenSSH tries them. */
const defaultKeys = ['id_ed25519', 'id_ed25519_sk', 'id_ecdsa', 'id_ecdsa_sk', 'id_rsa'];

/** A person may have to type a passphrase, or to touch a key. */
const signTimeoutMs = 120_000;

interface SignRequest {
  by: string;
  /** The person's public keys in the catalog. */
  keys: readonly string[];
  /** A private key, or a public one whose private half an agent has. */
  file?: string | undefined;
}

/**
 * Signs a text as this person with OpenSSH's own tool, and answers the armored signature. The private key never
 * leaves the tool or the agent. Throws a CommandError when there is no key, or it cannot sign.
 */
export async function signText(
  session: Pick<Session, 'environment' | 'dir'>,
  text: string,
  request: SignRequest,
): Promise<string> {
  const { environment } = session;
  const folder = await mkdtemp(path.join(tmpdir(), 'slipway-sign-'));
  try {
    const file =
      request.file ??
      (await sandboxKey(session, request)) ??
      (await agentKey(environment, request.keys, folder)) ??
      (await ownKey(environment, request.keys));
    if (file === undefined) throw noKey(request);
    return await signWith(environment, text, file);
  } finally {
    await rm(folder, { recursive: true, force: true });
  }
}

async function signWith(environment: NodeJS.ProcessEnv, text: string, file: string): Promise<string> {
  // A passphrase is asked for at the terminal itself, so that the text can come by standard input.
  const { exitCode, code, stdout, stderr } = await execa(
    'ssh-keygen',
    ['-Y', 'sign', '-n', signatureNamespace, '-f', file],
    { input: text, reject: false, timeout: signTimeoutMs, env: environment },
  );
  if (exitCode === 0 && stdout.includes('SSH SIGNATURE')) return `${stdout}\n`;
  if (code === 'ENOENT')
    throw CommandError.failed('ssh-keygen is not installed, and it is needed to sign', [
      'install OpenSSH 8.2 or later (Debian, Ubuntu: apt-get install openssh-client)',
    ]);
  const complaints = stderr.split('\n').filter((line) => line !== '' && !line.startsWith('Signing data'));
  throw CommandError.failed(`${file} could not sign: ${complaints.join('; ') || 'ssh-keygen did not answer'}`, [
    'is this the private key? --key <path>',
    'a passphrase needs a terminal or an agent: ssh-add <path>',
  ]);
}

/** Finds the key that the sandbox made for this person. The catalog must have it too: it signs for nothing else. */
async function sandboxKey(
  { environment, dir }: Pick<Session, 'environment' | 'dir'>,
  { by, keys }: SignRequest,
): Promise<string | undefined> {
  const keyring = (await readSandbox(dir ?? environment['SLIPWAY_SANDBOX_DIR']))?.keys;
  const [person, half = ''] = Object.entries(keyring?.public ?? {}).find(([each]) => samePerson(each, by)) ?? [];
  if (keyring === undefined || person === undefined || !keys.some((key) => sameKey(key, half))) return undefined;
  return path.join(keyring.folder, fileNameOf(person));
}

/** Finds the first of the person's keys that the agent holds, and writes its public half to a file. */
async function agentKey(
  environment: NodeJS.ProcessEnv,
  keys: readonly string[],
  folder: string,
): Promise<string | undefined> {
  if (!environment['SSH_AUTH_SOCK']) return undefined;
  const { stdout, exitCode } = await execa('ssh-add', ['-L'], { reject: false, timeout: 10_000, env: environment });
  if (exitCode !== 0 || typeof stdout !== 'string') return undefined;
  const match = stdout.split('\n').find((line) => keys.some((key) => sameKey(key, line)));
  if (match === undefined) return undefined;
  const file = path.join(folder, 'key.pub');
  await writeFile(file, `${match}\n`);
  return file;
}

/** Finds the first of the default keys whose public half the catalog has. */
async function ownKey(environment: NodeJS.ProcessEnv, keys: readonly string[]): Promise<string | undefined> {
  const folder = path.join(environment['HOME'] ?? homedir(), '.ssh');
  for (const name of defaultKeys) {
    const file = path.join(folder, name);
    const half = await readFile(`${file}.pub`, 'utf8').catch(() => '');
    if (keys.some((key) => sameKey(key, half))) return file;
  }
  return undefined;
}

/** Compares type and key; the comment does not count. */
function sameKey(a: string, b: string): boolean {
  const material = (line: string) => line.trim().split(/\s+/, 2).join(' ');
  return material(a) === material(b);
}

function noKey({ by, keys }: SignRequest): CommandError {
  const what =
    keys.length === 0
      ? `the catalog has no key of ${by}`
      : `none of the keys that the catalog has of ${by} is in the sandbox, in the agent or in ~/.ssh`;
  return CommandError.refused(`this message needs a signature, but ${what}`, [
    'name the key: --key <path>',
    'load it into the agent: ssh-add <path>',
    'or add the line of your .pub file to the catalog, under signers',
  ]);
}
