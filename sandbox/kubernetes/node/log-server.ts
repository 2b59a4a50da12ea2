import { readFile } from 'node:fs/promises';
import { createServer } from 'node:https';
import type { IncomingMessage, ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { LogLine, LogReading } from './log-files.ts';
import type { PodWorker } from './pod-worker.ts';

export interface LogServer {
  port: number;
  stop(): Promise<void>;
}

/** Finds what runs a pod; undefined where the node does not have it. */
export type FindWorker = (namespace: string, name: string) => PodWorker | undefined;

/** Files of the server's certificate, and of the authority that issues those of callers. */
export interface LogServerCertificate {
  certificate: string;
  key: string;
  authority: string;
}

/** Serves what the API server asks a kubelet for when somebody reads a log. Nobody else has a certificate to ask. */
export async function serveLogs(files: LogServerCertificate, find: FindWorker, port = 0): Promise<LogServer> {
  const [cert, key, ca] = await Promise.all(
    [files.certificate, files.key, files.authority].map((file) => readFile(file)),
  );
  const server = createServer({ cert, key, ca, requestCert: true, rejectUnauthorized: true }, (request, response) => {
    try {
      answer(request, response, find);
    } catch (error) {
      refuse(response, 500, (error as Error).message);
    }
  });
  await new Promise<void>((resolve, reject) => server.once('error', reject).listen(port, '127.0.0.1', resolve));
  return {
    port: (server.address() as AddressInfo).port,
    stop: async () => {
      server.close();
      server.closeAllConnections();
    },
  };
}

function answer(request: IncomingMessage, response: ServerResponse, find: FindWorker): void {
  const url = new URL(request.url ?? '/', 'https://node');
  const [kind, namespace = '', pod = '', container = ''] = url.pathname.split('/').slice(1).map(decodeURIComponent);
  if (kind === 'healthz') return void response.end('ok');
  if (kind !== 'containerLogs') return refuse(response, 404, `the sandbox's node does not serve ${url.pathname}`);
  const worker = find(namespace, pod);
  if (!worker) return refuse(response, 404, `pod "${pod}" not found in namespace "${namespace}"`);
  const isPrevious = url.searchParams.get('previous') === 'true';
  const reading = worker.logs.read(container, isPrevious);
  if (!reading) return refuse(response, 400, reasonFor(worker, container, isPrevious));
  write(response, reading, url.searchParams);
}

/** Platform: kubelet, validateContainerLogStatus. */
function reasonFor(worker: PodWorker, container: string, isPrevious: boolean): string {
  const { metadata, status } = worker.pod();
  if (isPrevious) return `previous terminated container "${container}" in pod "${metadata?.name}" not found`;
  const all = [...(status?.initContainerStatuses ?? []), ...(status?.containerStatuses ?? [])];
  const reason = all.find(({ name }) => name === container)?.state?.waiting?.reason ?? 'ContainerCreating';
  return `container "${container}" in pod "${metadata?.name}" is waiting to start: ${reason}`;
}

function refuse(response: ServerResponse, status: number, message: string): void {
  response.writeHead(status, { 'content-type': 'text/plain' }).end(message);
}

function write(response: ServerResponse, reading: LogReading, query: URLSearchParams): void {
  const limit = Number(query.get('limitBytes') ?? Infinity);
  const hasTimes = query.get('timestamps') === 'true';
  let sent = 0;
  const send = ({ time, text }: LogLine): void => {
    const bytes = Buffer.from(`${hasTimes ? `${time} ` : ''}${text}\n`).subarray(0, limit - sent);
    sent += bytes.length;
    if (bytes.length > 0) response.write(bytes);
  };
  response.writeHead(200, { 'content-type': 'text/plain' });
  response.flushHeaders();
  for (const line of selected(reading.lines, query)) send(line);
  if (query.get('follow') !== 'true' || !reading.follow) return void response.end();
  const unsubscribe = reading.follow(send, () => response.end());
  response.once('close', unsubscribe);
}

function selected(lines: LogLine[], query: URLSearchParams): LogLine[] {
  const tail = query.get('tailLines');
  const seconds = query.get('sinceSeconds');
  const since = seconds === null ? Date.parse(query.get('sinceTime') ?? '') : Date.now() - Number(seconds) * 1000;
  const recent = Number.isNaN(since) ? lines : lines.filter(({ time }) => Date.parse(time) >= since);
  if (tail === null) return recent;
  return Number(tail) === 0 ? [] : recent.slice(-Number(tail));
}
