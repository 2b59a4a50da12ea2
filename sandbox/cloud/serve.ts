import { existsSync } from 'node:fs';
import type { Server as HttpServer } from 'node:http';
import type { Cloud, LoggingPart, Part, RegistryPart, SecretsPart } from './core/cloud.ts';
import { controlRoutes } from './core/control.ts';
import { gitRoutes } from './core/git.ts';
import { serveHttp } from './core/http.ts';
import { openCloud } from './core/open.ts';
import { operationsService } from './core/operations-service.ts';
import { freePort } from './core/ports.ts';
import { restRoutes } from './core/rest.ts';
import { serveRpc } from './core/rpc.ts';
import { minimalLogging, minimalRegistry, minimalSecrets } from './minimal.ts';
import { createRun } from './run/index.ts';

export interface ServeOptions {
  dir: string;
  gitDir: string;
  /** 0 means any free port. */
  grpcPort: number;
  httpPort: number;
  tempo?: unknown;
}

export interface Served {
  description: { grpc: number; http: number; project: string; region: string; callLog: string; pid: number };
  stop(): Promise<void>;
}

/** Composes the parts, takes up what an earlier process left, and serves gRPC and HTTP. */
export async function serveCloud(options: ServeOptions): Promise<Served> {
  const httpPort = options.httpPort || (await freePort());
  const cloud = openCloud({ ...options, httpPort });
  const parts = await compose(cloud);
  const services = [operationsService(cloud.operations), ...parts.flatMap((part) => part.rpc ?? [])];
  for (const part of parts) await part.start?.();
  const rpc = await serveRpc(services, cloud.pipeline, options.grpcPort);
  const routes = [
    ...controlRoutes(cloud),
    ...gitRoutes(cloud.gitDir),
    ...parts.flatMap((part) => part.http ?? []),
    ...restRoutes(services, cloud.pipeline),
  ];
  const http = await serveHttp(routes, httpPort);
  const stop = async (): Promise<void> => {
    rpc.server.forceShutdown();
    closeHttp(http.server);
    for (const part of parts.toReversed()) await part.stop?.();
    cloud.store.close();
  };
  const { project, region, calls } = cloud;
  return { description: { grpc: rpc.port, http: http.port, project, region, callLog: calls.path, pid: process.pid }, stop };
}

async function compose(cloud: Cloud): Promise<Part[]> {
  const logging = await part<LoggingPart>('logging', 'createLogging', cloud, minimalLogging);
  cloud.logs = logging.logs;
  const registry = await part<RegistryPart>('registry', 'createRegistry', cloud, minimalRegistry);
  cloud.images = registry.images;
  const secrets = await part<SecretsPart>('secrets', 'createSecrets', cloud, minimalSecrets);
  cloud.secrets = secrets.secrets;
  const storage = await part<Part>('storage', 'createStorage', cloud, () => ({}));
  const build = await part<Part>('build', 'createBuild', cloud, () => ({}));
  return [logging, registry, secrets, storage, build, createRun(cloud)];
}

/** Takes a part from its folder where that exists. */
async function part<T>(folder: string, create: string, cloud: Cloud, minimal: (cloud: Cloud) => T): Promise<T> {
  const url = new URL(`./${folder}/index.ts`, import.meta.url);
  if (!existsSync(url)) return minimal(cloud);
  const module = (await import(url.href)) as Record<string, (cloud: Cloud) => T>;
  const factory = module[create];
  if (!factory) throw new Error(`sandbox/cloud/${folder}/index.ts exports no ${create}`);
  return factory(cloud);
}

function closeHttp(server: HttpServer): void {
  server.close();
  server.closeAllConnections();
}
