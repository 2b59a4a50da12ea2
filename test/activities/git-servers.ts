import { execFileSync, spawn, type ChildProcess } from 'node:child_process';
import { existsSync } from 'node:fs';
import { mkdir, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { userInfo } from 'node:os';
import path from 'node:path';
import { eventually } from '../until.ts';

/** Serves repositories below a folder by git's own program, to whoever has the token as password. */
export async function serveByHttp(folder: string, token: string, seen: (request: IncomingMessage) => void) {
  const expected = (request: IncomingMessage): boolean => {
    const [, encoded = ''] = (request.headers.authorization ?? '').split(' ');
    return Buffer.from(encoded, 'base64').toString().split(':')[1] === token;
  };
  return listen((request, response) => {
    seen(request);
    if (expected(request)) backend(folder, request, response);
    else response.writeHead(401, { 'www-authenticate': 'Basic realm="git"' }).end();
  });
}

export async function listen(handle: (request: IncomingMessage, response: ServerResponse) => void) {
  const server: Server = createServer(handle);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}`, close: () => server.close() };
}

/** Runs `git http-backend`. Platform: RFC 3875, the Common Gateway Interface. */
function backend(folder: string, request: IncomingMessage, response: ServerResponse): void {
  const { pathname, searchParams } = new URL(request.url ?? '/', 'http://x');
  const child = spawn('git', ['http-backend'], {
    env: {
      PATH: process.env['PATH'],
      GIT_PROJECT_ROOT: folder,
      GIT_HTTP_EXPORT_ALL: '1',
      REQUEST_METHOD: request.method,
      PATH_INFO: pathname,
      QUERY_STRING: searchParams.toString(),
      CONTENT_TYPE: request.headers['content-type'],
      HTTP_CONTENT_ENCODING: request.headers['content-encoding'],
      GIT_PROTOCOL: String(request.headers['git-protocol'] ?? ''),
    },
    stdio: ['pipe', 'pipe', 'ignore'],
  });
  request.pipe(child.stdin);
  const chunks: Buffer[] = [];
  child.stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  child.on('close', () => {
    const answer = Buffer.concat(chunks);
    const end = answer.indexOf('\r\n\r\n');
    const headers = answer.toString('latin1', 0, end).split('\r\n');
    const fields = headers.map((line) => line.split(': ') as [string, string]);
    const status = Number(fields.find(([name]) => name === 'Status')?.[1].slice(0, 3) ?? 200);
    for (const [name, value] of fields) if (name !== 'Status') response.setHeader(name, value);
    response.writeHead(status).end(answer.subarray(end + 4));
  });
}

export const sshd = ['/usr/sbin/sshd', '/usr/local/sbin/sshd'].find(existsSync);

export interface SshServer {
  /** `ssh://<user>@127.0.0.1:<port>` */
  url: string;
  /** The line of the server's key for a file of known hosts. */
  knownHost: string;
  close(): void;
}

/** Starts OpenSSH's server on a free port, for one public key. */
export async function serveBySsh(folder: string, program: string, publicKey: string): Promise<SshServer> {
  const port = await freePort();
  const hostKey = path.join(folder, 'host-key');
  execFileSync('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-f', hostKey]);
  const authorized = path.join(folder, 'authorized');
  await writeFile(authorized, publicKey, { mode: 0o600 });
  const settings = {
    ListenAddress: `127.0.0.1:${port}`,
    HostKey: hostKey,
    AuthorizedKeysFile: authorized,
    PidFile: 'none',
    StrictModes: 'no',
    PasswordAuthentication: 'no',
    KbdInteractiveAuthentication: 'no',
    PermitRootLogin: 'prohibit-password',
  };
  const lines = Object.entries(settings).map(([name, value]) => `${name} ${value}\n`);
  await writeFile(path.join(folder, 'sshd_config'), lines.join(''));
  // Platform: sshd of Debian, which wants the folder of its unprivileged part.
  if (process.getuid?.() === 0) await mkdir('/run/sshd', { recursive: true, mode: 0o755 });
  const child: ChildProcess = spawn(program, ['-D', '-e', '-f', path.join(folder, 'sshd_config')], { stdio: 'ignore' });
  await eventually('sshd does not listen', async () => ((await listens(port)) ? true : undefined), 10_000);
  const [type = '', key = ''] = execFileSync('ssh-keygen', ['-y', '-f', hostKey], { encoding: 'utf8' }).split(' ');
  return {
    url: `ssh://${userInfo().username}@127.0.0.1:${port}`,
    knownHost: `[127.0.0.1]:${port} ${type} ${key.trim()}\n`,
    close: () => void child.kill(),
  };
}

async function freePort(): Promise<number> {
  const { url, close } = await listen(() => undefined);
  close();
  return Number(new URL(url).port);
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1', () => socket.end(() => resolve(true)));
    socket.on('error', () => resolve(false));
  });
}
