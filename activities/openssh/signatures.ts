import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { execa } from 'execa';
import { signatureNamespace } from '../../contract/statement.ts';
import type { SignatureCheck, Signatures } from '../ports/signatures.ts';

const verifyTimeoutMs = 5_000;

/**
 * Stands for the person in the file of allowed signers. Addresses are patterns there: a `*` in one would be anybody.
 */
const principal = 'signer';

/** Verifies signatures by OpenSSH's own tool (ssh-keygen, ALLOWED SIGNERS; from OpenSSH 8.2 on). */
export function createOpensshSignatures(program = 'ssh-keygen'): Signatures {
  return {
    async verify(check) {
      const folder = await mkdtemp(path.join(tmpdir(), 'slipway-signature-'));
      try {
        return await verifyIn(folder, program, check);
      } finally {
        await rm(folder, { recursive: true, force: true });
      }
    },
  };
}

async function verifyIn(
  folder: string,
  program: string,
  { text, signature, keys }: SignatureCheck,
): ReturnType<Signatures['verify']> {
  const allowed = path.join(folder, 'allowed-signers');
  const signed = path.join(folder, 'signature');
  await Promise.all([writeFile(allowed, keys.map(allowedLine).join('')), writeFile(signed, signature)]);
  const args = ['-Y', 'verify', '-f', allowed, '-I', principal, '-n', signatureNamespace, '-s', signed];
  const { exitCode, code, stdout, stderr, timedOut } = await execa(program, args, {
    input: text,
    reject: false,
    timeout: verifyTimeoutMs,
    env: { LC_ALL: 'C' },
  });
  if (exitCode === 0) return { valid: true, fingerprint: fingerprintIn(`${stdout}`) };
  if (code === 'ENOENT')
    throw new Error(
      `signatures cannot be verified: ${program} is not installed on this worker; ` +
        'install OpenSSH 8.2 or later (Debian, Ubuntu: apt-get install openssh-client)',
    );
  if (exitCode === undefined) {
    const why = timedOut ? `did not answer within ${verifyTimeoutMs / 1000} s` : 'was stopped';
    throw new Error(`signatures cannot be verified: ${program} ${why}`);
  }
  if (/unknown option|illegal option|^usage:/im.test(stderr))
    throw new Error(
      `signatures cannot be verified: ${program} of this worker does not know -Y verify; install OpenSSH 8.2 or later`,
    );
  return { valid: false, reason: reasonIn(`${stderr}\n${stdout}`) };
}

/** Writes a line of allowed signers: type and key, for signatures of our namespace only. */
function allowedLine(key: string): string {
  return `${principal} namespaces="${signatureNamespace}" ${key.split(' ', 2).join(' ')}\n`;
}

/** Finds the fingerprint of the key in `Good "slipway" signature for signer with ED25519 key SHA256:…`. */
function fingerprintIn(output: string): string {
  const [found] = /SHA256:[A-Za-z0-9+/]{43}/.exec(output) ?? [];
  if (found === undefined) throw new Error('ssh-keygen does not say which key has signed');
  return found;
}

/** Finds the first line of what the tool says, its details before its verdict. */
function reasonIn(output: string): string {
  const [first = ''] = output.split('\n').filter((line) => line.trim() !== '');
  return first.replaceAll(/[^\x20-\x7e]/g, '').slice(0, 200) || 'it does not verify';
}
