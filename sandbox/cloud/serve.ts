import type { Server as HttpServer } from 'node:http';
import { createAnalysis } from './analysis/index.ts';
import { createBuild } from './build/index.ts';
import type { Cloud, Part } from './core/cloud.ts';
import { controlRoutes } from './core/control.ts';
import { metadataRoute } from './core/identity.ts';
import { gitRoutes } from './core/git.ts';
import { serveHttp } from './server/http.ts';
import { openCloud } from './core/open.ts';
import { operationsService } from './core/operations-service.ts';
import { freePort } from './store/ports.ts';
import { restRoutes } from './server/rest.ts';
import { serveRpc } from './server/rpc.ts';
import { createLogging } from './logging/index.ts';
import { createRegistry } from './registry/index.ts';
import { createProject } from './project/index.ts';
import { createRun } from './run/index.ts';
import { createSecrets } from './secrets/index.ts';
import { createStorage } from './storage/index.ts';

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
  const parts = compose(cloud);
  const services = [operationsService(cloud.operations), ...parts.flatMap((part) => part.rpc ?? [])];
  for (const part of parts) await part.start?.();
  const rpc = await serveRpc(services, cloud.pipeline, options.grpcPort);
  const routes = [
    ...controlRoutes(cloud),
    metadataRoute(cloud),
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
  return {
    description: { grpc: rpc.port, http: http.port, project, region, callLog: calls.path, pid: process.pid },
    stop,
  };
}

/** Composes the parts. Logs, images and secrets are bound before anything can run that needs them. */
function compose(cloud: Cloud): Part[] {
  const logging = createLogging(cloud);
  cloud.logs = logging.logs;
  const registry = createRegistry(cloud);
  cloud.images = registry.images;
  const secrets = createSecrets(cloud);
  cloud.secrets = secrets.secrets;
  return [
    logging,
    registry,
    secrets,
    createStorage(cloud),
    createAnalysis(cloud),
    createProject(cloud),
    createBuild(cloud),
    createRun(cloud),
  ];
}

function closeHttp(server: HttpServer): void {
  server.close();
  server.closeAllConnections();
}
