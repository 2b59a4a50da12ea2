import { randomUUID } from 'node:crypto';
import { EventEmitter } from 'node:events';
import type { ErrorDetail, CodeName } from '../server/errors.ts';
import { RpcError, toStatus } from '../server/errors.ts';
import type { EncodedAny, Protos } from '../server/protos.ts';
import { encodeAny } from '../server/protos.ts';
import type { Store } from '../store/store.ts';

/** A message with the full name of its type, to be packed into a google.protobuf.Any. */
export interface TypedMessage {
  protos: Protos;
  type: string;
  value: object;
}

export interface OperationError {
  code: CodeName;
  message: string;
  details?: ErrorDetail[];
}

interface StoredAny {
  type_url: string;
  value: string;
}

/** As it is kept; `kind` and `target` let its owner take it up again after a restart. */
export interface StoredOperation {
  name: string;
  kind: string;
  target: string;
  createdAt: string;
  done: boolean;
  cancelRequested: boolean;
  metadata?: StoredAny;
  response?: StoredAny;
  error?: OperationError;
}

/** google.longrunning.Operation as a plain object. */
export interface Operation {
  name: string;
  done: boolean;
  metadata: EncodedAny | null;
  response?: EncodedAny;
  error?: ReturnType<typeof toStatus>;
}

export interface NewOperation {
  /** `projects/P/locations/L`; the name becomes `<parent>/operations/<uuid>`. */
  parent?: string;
  /** The whole name, where a service has its own form (Cloud Build). */
  name?: string;
  /** The part that drives it, such as `run.service`. */
  kind: string;
  /** The resource's name. */
  target: string;
  metadata: TypedMessage;
}

/** Long-running operations: kept in the store, pending first, settled once. */
export interface Operations {
  create(operation: NewOperation): Operation;
  update(name: string, metadata: TypedMessage): void;
  complete(name: string, response: TypedMessage): void;
  /** Completes with the metadata's resource as the response. */
  conclude(name: string): void;
  fail(name: string, error: OperationError): void;
  get(name: string): Operation;
  list(parent: string): Operation[];
  /** Returns when the operation is done or the time is over, whichever is first. */
  wait(name: string, timeoutMs: number, signal?: AbortSignal): Promise<Operation>;
  cancel(name: string): void;
  delete(name: string): void;
  /** Operations of a kind that were not done when the process began or now. */
  pending(kind: string): StoredOperation[];
  /** Called when a caller asks to cancel; most kinds of Cloud Run's ignore it. */
  onCancel(kind: string, handler: (operation: StoredOperation) => void): void;
}

export function openOperations(store: Store): Operations {
  const stored = store.collection<StoredOperation>('operations');
  const settled = new EventEmitter().setMaxListeners(0);
  const cancellers = new Map<string, (operation: StoredOperation) => void>();
  const find = (name: string): StoredOperation => {
    const operation = stored.get(name);
    if (!operation) throw new RpcError('NOT_FOUND', `Operation '${name}' does not exist.`);
    return operation;
  };
  const settle = (name: string, outcome: Partial<StoredOperation>): void => {
    const operation = stored.get(name);
    if (!operation || operation.done) return;
    stored.put(name, { ...operation, ...outcome, done: true });
    settled.emit(name);
  };
  return {
    create: (input) => {
      const name = input.name ?? `${input.parent ?? ''}/operations/${randomUUID()}`;
      const operation: StoredOperation = {
        name,
        kind: input.kind,
        target: input.target,
        createdAt: new Date().toISOString(),
        done: false,
        cancelRequested: false,
        metadata: pack(input.metadata),
      };
      stored.put(name, operation);
      return present(operation);
    },
    update: (name, metadata) => {
      const operation = stored.get(name);
      if (operation && !operation.done) stored.put(name, { ...operation, metadata: pack(metadata) });
    },
    complete: (name, response) => settle(name, { response: pack(response), metadata: pack(response) }),
    conclude: (name) => {
      const { metadata } = find(name);
      settle(name, { response: metadata });
    },
    fail: (name, error) => settle(name, { error }),
    get: (name) => present(find(name)),
    list: (parent) => stored.list(`${parent}/operations/`).map(present),
    wait: async (name, timeoutMs, signal) => {
      if (!find(name).done) await untilSettled(settled, name, timeoutMs, signal);
      return present(find(name));
    },
    cancel: (name) => {
      const operation = find(name);
      if (operation.done) return;
      stored.put(name, { ...operation, cancelRequested: true });
      cancellers.get(operation.kind)?.(operation);
    },
    delete: (name) => {
      find(name);
      stored.delete(name);
    },
    pending: (kind) => stored.list().filter((operation) => operation.kind === kind && !operation.done),
    onCancel: (kind, handler) => void cancellers.set(kind, handler),
  };
}

async function untilSettled(
  settled: EventEmitter,
  name: string,
  timeoutMs: number,
  signal?: AbortSignal,
): Promise<void> {
  await new Promise<void>((resolve) => {
    const finish = (): void => {
      clearTimeout(timer);
      settled.off(name, finish);
      signal?.removeEventListener('abort', finish);
      resolve();
    };
    const timer = setTimeout(finish, timeoutMs);
    settled.once(name, finish);
    signal?.addEventListener('abort', finish, { once: true });
  });
}

function pack(message: TypedMessage): StoredAny {
  const any = encodeAny(message.protos, message.type, message.value);
  return { type_url: any.type_url, value: any.value.toString('base64') };
}

function unpack(any: StoredAny): EncodedAny {
  return { type_url: any.type_url, value: Buffer.from(any.value, 'base64') };
}

function present(operation: StoredOperation): Operation {
  const { error } = operation;
  return {
    name: operation.name,
    done: operation.done,
    metadata: operation.metadata ? unpack(operation.metadata) : null,
    ...(operation.response && { response: unpack(operation.response) }),
    ...(error && { error: toStatus(new RpcError(error.code, error.message, error.details)) }),
  };
}
