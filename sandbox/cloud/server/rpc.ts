import type {
  sendUnaryData,
  ServerDuplexStream,
  ServerUnaryCall,
  ServiceDefinition,
  UntypedServiceImplementation,
} from '@grpc/grpc-js';
import { Server, ServerCredentials } from '@grpc/grpc-js';
import { fromJSON } from '@grpc/proto-loader';
import { asRpcError, RpcError, toServiceError } from './errors.ts';
import type { Call, Pipeline } from './pipeline.ts';
import type { Protos } from './protos.ts';
import { plainMessage } from './protos.ts';

/** Answers one unary call. Requests and responses are plain objects with every field present. */
export type UnaryHandler = (request: unknown, call: Call) => unknown;

/** Serves a streaming call, until the stream ends or `call.signal` aborts. */
export type StreamHandler = (stream: RpcStream, call: Call) => Promise<void>;

export interface RpcStream {
  requests: AsyncIterable<unknown>;
  write(response: unknown): void;
}

/**
 * One gRPC service: where its descriptors are, its full name, and its handlers by method name. Other methods are
 * UNIMPLEMENTED.
 */
export interface RpcService {
  protos: Protos;
  name: string;
  methods: Record<string, UnaryHandler>;
  /** Bidirectional streams. */
  streams?: Record<string, StreamHandler>;
  /** REST paths besides those of the descriptors. Example: `{ GetOperation: [{ get: '/v2/{name=…}' }] }`. */
  http?: Record<string, Record<string, string>[]>;
}

/** Gives a handler its request's type; the descriptors have already seen to the shape. */
export function unary<Request, Response>(
  handler: (request: Request, call: Call) => Promise<Response> | Response,
): UnaryHandler {
  return (request, call) => handler(request as Request, call);
}

/** Serves the services on 127.0.0.1 and returns the server once it listens. */
export async function serveRpc(
  services: RpcService[],
  pipeline: Pipeline,
  port: number,
): Promise<{ server: Server; port: number }> {
  const server = new Server({ 'grpc.max_receive_message_length': 64 << 20, 'grpc.max_send_message_length': 64 << 20 });
  for (const service of services) register(server, service, pipeline);
  const bound = await new Promise<number>((resolve, reject) => {
    server.bindAsync(`127.0.0.1:${port}`, ServerCredentials.createInsecure(), (error, at) =>
      error ? reject(error) : resolve(at),
    );
  });
  return { server, port: bound };
}

function register(server: Server, service: RpcService, pipeline: Pipeline): void {
  const loaded = fromJSON(service.protos.json, { ...plainMessage, arrays: true, objects: true });
  const definition = loaded[service.name];
  if (!definition) throw new Error(`no service ${service.name} in the descriptors`);
  const implementation: UntypedServiceImplementation = {};
  for (const name of Object.keys(definition)) {
    const method = `${service.name}/${name}`;
    const stream = service.streams?.[name];
    implementation[name] = stream
      ? serveStream(method, stream, pipeline)
      : serveUnary(method, service.methods[name] ?? unimplemented(method), pipeline);
  }
  server.addService(definition as unknown as ServiceDefinition, implementation);
}

function unimplemented(method: string): UnaryHandler {
  return () => {
    throw new RpcError('UNIMPLEMENTED', `The method ${method} is not served here.`);
  };
}

function serveUnary(method: string, handler: UnaryHandler, pipeline: Pipeline) {
  return (incoming: ServerUnaryCall<unknown, unknown>, answer: sendUnaryData<unknown>): void => {
    const gone = new AbortController();
    incoming.on('cancelled', () => gone.abort());
    const metadata = (name: string): string | undefined => incoming.metadata.get(name)[0]?.toString();
    pipeline
      .run({ method, request: incoming.request, metadata, signal: gone.signal }, (call) =>
        handler(incoming.request, call),
      )
      .then(
        (response) => answer(null, response),
        (error: unknown) => answer(toServiceError(asRpcError(error))),
      );
  };
}

function serveStream(method: string, handler: StreamHandler, pipeline: Pipeline) {
  return (incoming: ServerDuplexStream<unknown, unknown>): void => {
    const gone = new AbortController();
    incoming.on('cancelled', () => gone.abort());
    const metadata = (name: string): string | undefined => incoming.metadata.get(name)[0]?.toString();
    const stream: RpcStream = { requests: incoming, write: (response) => void incoming.write(response) };
    pipeline
      .run({ method, request: undefined, metadata, signal: gone.signal }, (call) => handler(stream, call))
      .then(
        () => incoming.end(),
        (error: unknown) => incoming.emit('error', toServiceError(asRpcError(error))),
      );
  };
}
