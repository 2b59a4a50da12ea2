import type { IncomingHttpHeaders } from 'node:http';
import { text } from 'node:stream/consumers';
import {
  AppsV1Api,
  AuthorizationV1Api,
  AutoscalingV2Api,
  BatchV1Api,
  CoreV1Api,
  createConfiguration,
  KubernetesObjectApi,
  ResponseContext,
  ServerConfiguration,
  wrapHttpLibrary,
  type Configuration,
  type HttpLibrary,
} from '@kubernetes/client-node';
import type { KubernetesClient } from './client.ts';
import { NoAnswer } from './connection.ts';

/** The library's APIs, for one call. */
export interface Apis {
  core: CoreV1Api;
  apps: AppsV1Api;
  batch: BatchV1Api;
  autoscaling: AutoscalingV2Api;
  authorization: AuthorizationV1Api;
  /** Objects of any kind. */
  objects: KubernetesObjectApi;
}

/** Makes the APIs of one call, whose requests name the caller and are given up with its signal or in time. */
export function apisFor(client: KubernetesClient, userAgent: string, signal: AbortSignal | undefined): Apis {
  const configuration = createConfiguration({
    baseServer: new ServerConfiguration(client.connection.server.replace(/\/$/, ''), {}),
    httpApi: httpOf(client, userAgent, signal),
  });
  return {
    core: new CoreV1Api(configuration),
    apps: new AppsV1Api(configuration),
    batch: new BatchV1Api(configuration),
    autoscaling: new AutoscalingV2Api(configuration),
    authorization: new AuthorizationV1Api(configuration),
    objects: new ObjectsApi(configuration, client.discovery),
  };
}

class ObjectsApi extends KubernetesObjectApi {
  constructor(configuration: Configuration, discovery: KubernetesClient['discovery']) {
    super(configuration);
    this.apiVersionResourceCache = discovery;
  }
}

function httpOf(client: KubernetesClient, userAgent: string, caller: AbortSignal | undefined): HttpLibrary {
  return wrapHttpLibrary({
    send: async (request) => {
      const timeout = AbortSignal.timeout(client.callTimeoutMs);
      const signal = caller ? AbortSignal.any([caller, timeout]) : timeout;
      const body = request.getBody();
      const response = await client.connection.send({
        method: request.getHttpMethod(),
        path: request.getUrl().slice(client.connection.server.replace(/\/$/, '').length),
        headers: { ...request.getHeaders(), 'user-agent': userAgent },
        ...(typeof body === 'string' && { body }),
        signal,
      });
      const answer = await text(response).catch((error: unknown) => {
        throw new NoAnswer(error);
      });
      return new ResponseContext(response.statusCode ?? 0, flat(response.headers), {
        text: async () => answer,
        binary: async () => Buffer.from(answer),
        stream: () => null,
      });
    },
  });
}

function flat(headers: IncomingHttpHeaders): Record<string, string> {
  return Object.fromEntries(Object.entries(headers).map(([name, value]) => [name, String(value)]));
}
