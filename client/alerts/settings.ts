import { readFile } from 'node:fs/promises';
import path from 'node:path';
import { readSandbox, type SandboxDescription } from '../../sandbox/description.ts';
import { CommandError } from '../cli/command-error.ts';
import type { Session } from '../cli/session.ts';

/** Flags of the command, as a person gives them. */
export interface SettingsFlags {
  host?: string;
  port?: number;
  tokenFile?: string;
  alertmanager?: string;
}

/** Says where the receiver listens, whom it lets in, and where it asks for what a list leaves out. */
export interface Settings {
  host: string;
  port: number;
  token: string;
  alertmanager: string | null;
}

/** Reads flags and variables; what they leave out comes from the sandbox, if its Temporal is the one that is used. */
export async function settingsOf(
  { dir, environment }: Pick<Session, 'dir' | 'environment'>,
  options: SettingsFlags,
  temporalAddress: string,
): Promise<Settings> {
  const sandbox = await readSandbox(dir ?? environment['SLIPWAY_SANDBOX_DIR']);
  const monitoring = sandbox?.temporal?.address === temporalAddress ? sandbox.alertmanager : undefined;
  const webhook = monitoring && new URL(monitoring.webhook);
  return {
    host: options.host ?? webhook?.hostname ?? '127.0.0.1',
    port: options.port ?? Number(webhook?.port || 9095),
    token: await tokenOf(options.tokenFile, environment, monitoring),
    alertmanager: urlOf(options.alertmanager ?? environment['SLIPWAY_ALERTMANAGER'] ?? monitoring?.url ?? null),
  };
}

function urlOf(text: string | null): string | null {
  if (text === null || /^https?:$/.test(URL.parse(text)?.protocol ?? '')) return text;
  throw CommandError.badInput([{ path: 'alertmanager', message: 'must be an http or https URL' }]);
}

async function tokenOf(
  flag: string | undefined,
  environment: NodeJS.ProcessEnv,
  monitoring: SandboxDescription['alertmanager'],
): Promise<string> {
  const variable = environment['SLIPWAY_ALERTS_TOKEN'];
  const file = flag ?? (variable ? undefined : monitoring?.tokenFile);
  const token = file === undefined ? (variable ?? '') : await readToken(path.resolve(file));
  if (token.trim() !== '') return token.trim();
  throw CommandError.badInput(
    [{ path: 'token-file', message: file === undefined ? 'the token is missing' : `${file} is empty` }],
    ['make one: (umask 077; openssl rand -hex 32 > alerts-token)', './slipway alerts --token-file alerts-token'],
  );
}

async function readToken(file: string): Promise<string> {
  return readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    throw CommandError.badInput([
      { path: 'token-file', message: `${file} cannot be read: ${error.code ?? error.message}` },
    ]);
  });
}
