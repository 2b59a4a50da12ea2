import type { CallLog, Effect, Markers } from './call-log.ts';
import { asRpcError, RpcError } from './errors.ts';
import type { Fault, Faults } from './faults.ts';
import type { MetadataReader } from './markers.ts';
import { readMarkers, requestedResource } from './markers.ts';
import { callerOf, type CallerAccount, type Permissions } from './permissions.ts';
import type { Quotas } from './quota.ts';
import type { Tempo } from './tempo.ts';
import { pause } from './tempo.ts';

/** One call, as the handler that answers it sees it. */
export interface Call {
  method: string;
  markers: Markers;
  metadata: MetadataReader;
  caller: CallerAccount;
  /** Aborted when the caller has gone; a unary handler goes on all the same, as the platform's do. */
  signal: AbortSignal;
  /** Records what the call did, for the call log; the last word counts. */
  effect(effect: Effect, resource: string): void;
}

export interface IncomingCall {
  method: string;
  request: unknown;
  metadata: MetadataReader;
  signal: AbortSignal;
}

/** The way of every call, gRPC or REST: quota, fault, latency, permissions, handler, call log. */
export interface Pipeline {
  /** Never settles when a fault lets the answer get lost. */
  run<T>(incoming: IncomingCall, handler: (call: Call) => Promise<T> | T): Promise<T>;
}

export function createPipeline(parts: {
  faults: Faults;
  tempo: Tempo;
  quotas: Quotas;
  calls: CallLog;
  permissions: Permissions;
}): Pipeline {
  return {
    run: async (incoming, handler) => {
      const record = openRecord(incoming, parts.calls);
      const refused = parts.quotas.spend(incoming.method);
      const fault = refused ? undefined : parts.faults.meet(incoming.method, requestedResource(incoming.request));
      try {
        if (refused) throw refused;
        await beforeHandler(parts.tempo, record, fault, incoming.signal);
        parts.permissions.check(record.call.caller, incoming.method, incoming.request);
        const response = await handler(record.call);
        record.close('OK', fault);
        if (fault?.kind === 'lost') return await new Promise<never>(() => undefined);
        return response;
      } catch (thrown) {
        const error = asRpcError(thrown);
        record.close(error.code, fault, error.message);
        if (fault?.kind === 'lost') return new Promise<never>(() => undefined);
        throw error;
      }
    },
  };
}

async function beforeHandler(
  tempo: Tempo,
  record: OpenRecord,
  fault: Fault | undefined,
  signal: AbortSignal,
): Promise<void> {
  await pause(tempo.callMs);
  if (fault?.kind === 'delay') await pause(fault.ms ?? 1000);
  if (fault?.kind === 'error') throw injected(fault);
  if (fault?.kind !== 'hang') return;
  signal.addEventListener('abort', () => record.close('CANCELLED', fault), { once: true });
  await new Promise<never>(() => undefined);
}

function injected(fault: Fault): RpcError {
  const code = fault.code ?? 'UNAVAILABLE';
  const seconds = Math.floor((fault.ms ?? 0) / 1000);
  const nanos = Math.round(((fault.ms ?? 0) % 1000) * 1e6);
  const retry = { type: 'google.rpc.RetryInfo', value: { retryDelay: { seconds, nanos } } };
  return new RpcError(code, `The call was refused by a fault script (${code}).`, fault.ms ? [retry] : []);
}

interface OpenRecord {
  call: Call;
  close(code: string, fault: Fault | undefined, message?: string): void;
}

function openRecord(incoming: IncomingCall, calls: CallLog): OpenRecord {
  const startedAt = new Date().toISOString();
  const markers = readMarkers(incoming.metadata, incoming.request);
  let effect: Effect = 'none';
  let resource = requestedResource(incoming.request);
  const call: Call = {
    method: incoming.method,
    markers,
    metadata: incoming.metadata,
    caller: callerOf(incoming.metadata),
    signal: incoming.signal,
    effect: (what, on) => {
      effect = what;
      resource = on;
    },
  };
  const close: OpenRecord['close'] = (code, fault, message) =>
    calls.append({
      startedAt,
      endedAt: new Date().toISOString(),
      method: incoming.method,
      resource,
      markers,
      ...(call.caller !== undefined && { account: call.caller }),
      code,
      effect: code === 'OK' ? effect : 'none',
      ...(fault && { fault: fault.kind }),
      ...(message && { message }),
    });
  return { call, close };
}
