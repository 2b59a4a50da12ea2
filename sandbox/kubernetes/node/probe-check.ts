import { spawn } from 'node:child_process';
import { request as httpRequest } from 'node:http';
import { request as httpsRequest } from 'node:https';
import { connect } from 'node:net';
import type {
  IntOrString,
  V1Container,
  V1ExecAction,
  V1HTTPGetAction,
  V1LifecycleHandler,
} from '@kubernetes/client-node';
import { containerEnvironment } from '../../containers/process.ts';
import { signalGroup } from '../../containers/signal-group.ts';

/** What a probe needs to know of a container that runs. */
export interface ProbedContainer {
  spec: V1Container;
  host: string;
  folder: string;
  env: Record<string, string>;
  /** Turns paths below a mount into real ones. */
  real(text: string): string;
}

type Handler = Pick<V1LifecycleHandler, 'exec' | 'httpGet' | 'tcpSocket'> & { grpc?: unknown };

/** Looks once; answers undefined for a success, else what is wrong, in a kubelet's words. */
export async function check(
  { exec, httpGet, tcpSocket }: Handler,
  container: ProbedContainer,
  timeoutMs: number,
): Promise<string | undefined> {
  if (httpGet) return checkHttp(httpGet, container, timeoutMs);
  if (tcpSocket) return checkTcp(tcpSocket.host || container.host, portOf(tcpSocket.port, container.spec), timeoutMs);
  if (exec) return checkExec(exec, container, timeoutMs);
  return 'the sandbox knows the probes httpGet, tcpSocket and exec only';
}

/** Finds a port by its number or its name; 0 where there is none. */
function portOf(port: IntOrString, container: V1Container): number {
  const number = Number(port);
  if (Number.isInteger(number)) return number;
  return container.ports?.find(({ name }) => name === port)?.containerPort ?? 0;
}

async function checkHttp(
  action: V1HTTPGetAction,
  container: ProbedContainer,
  timeoutMs: number,
): Promise<string | undefined> {
  const host = action.host || container.host;
  const port = portOf(action.port, container.spec);
  const scheme = action.scheme?.toLowerCase() ?? 'http';
  const headers = Object.fromEntries((action.httpHeaders ?? []).map(({ name, value }) => [name, value]));
  const options = { host, port, path: action.path || '/', headers: { 'user-agent': 'kube-probe/1.36', ...headers } };
  const signal = AbortSignal.timeout(timeoutMs);
  return new Promise((resolve) => {
    const secure = { ...options, signal, agent: false, rejectUnauthorized: false } as const;
    const request = scheme === 'https' ? httpsRequest(secure) : httpRequest({ ...options, signal, agent: false });
    request.on('response', (response) => {
      response.resume();
      const status = response.statusCode ?? 0;
      resolve(status >= 200 && status < 400 ? undefined : `HTTP probe failed with statuscode: ${status}`);
    });
    request.on('error', (error) => {
      const reason = signal.aborted ? 'context deadline exceeded' : error.message;
      resolve(`Get "${scheme}://${host}:${port}${options.path}": ${reason}`);
    });
    request.end();
  });
}

async function checkTcp(host: string, port: number, timeoutMs: number): Promise<string | undefined> {
  return new Promise((resolve) => {
    const socket = connect({ host, port });
    const finish = (reason?: string): void => {
      socket.destroy();
      resolve(reason && `dial tcp ${host}:${port}: ${reason}`);
    };
    socket.once('connect', () => finish());
    socket.once('error', (error) => finish(error.message));
    socket.setTimeout(timeoutMs, () => finish('i/o timeout'));
  });
}

async function checkExec(
  { command = [] }: V1ExecAction,
  container: ProbedContainer,
  timeoutMs: number,
): Promise<string | undefined> {
  const [file = 'false', ...args] = command.map(container.real);
  const child = spawn(file, args, {
    cwd: container.folder,
    env: containerEnvironment(container),
    stdio: ['ignore', 'pipe', 'pipe'],
    detached: true,
  });
  let output = '';
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (data: Buffer) => (output += data.toString()));
  return new Promise((resolve) => {
    const timer = setTimeout(() => {
      signalGroup(child.pid, 'SIGKILL');
      resolve(`command timed out: "${command.join(' ')}" timed out after ${timeoutMs / 1000}s`);
    }, timeoutMs);
    const finish = (reason: string | undefined): void => {
      clearTimeout(timer);
      resolve(reason);
    };
    child.once('error', (error) => finish(error.message));
    child.once('close', (code) => finish(code === 0 ? undefined : output.trim() || `exit code ${code}`));
  });
}
