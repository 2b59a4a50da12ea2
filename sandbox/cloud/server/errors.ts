import { Metadata, status } from '@grpc/grpc-js';
import { statusProtos, encodeAny } from './protos.ts';

export type CodeName = keyof typeof status;

/** A google.rpc.BadRequest field violation. */
export interface FieldViolation {
  field: string;
  description: string;
}

export interface ErrorDetail {
  type: string;
  value: Record<string, unknown>;
}

/** An answer other than OK, as google.rpc.Status carries it. */
export class RpcError extends Error {
  readonly code: CodeName;
  readonly details: ErrorDetail[];

  constructor(code: CodeName, message: string, details: ErrorDetail[] = []) {
    super(message);
    this.code = code;
    this.details = details;
  }

  /** INVALID_ARGUMENT that names every bad field, as Google's APIs do with google.rpc.BadRequest. */
  static invalid(violations: FieldViolation[]): RpcError {
    const message = violations.map((each) => `${each.field}: ${each.description}`).join('\n');
    const detail = { type: 'google.rpc.BadRequest', value: { fieldViolations: violations } };
    return new RpcError('INVALID_ARGUMENT', message, [detail]);
  }
}

/** Turns whatever was thrown into an RpcError; an unforeseen error is INTERNAL. */
export function asRpcError(error: unknown): RpcError {
  if (error instanceof RpcError) return error;
  return new RpcError('INTERNAL', error instanceof Error ? error.message : String(error));
}

export function statusCode(code: CodeName): number {
  return status[code];
}

/** Translates an error to google.rpc.Status as a plain object for protobuf. */
export function toStatus(error: RpcError): { code: number; message: string; details: unknown[] } {
  const details = error.details.map((each) => encodeAny(statusProtos(), each.type, each.value));
  return { code: statusCode(error.code), message: error.message, details };
}

/** Translates an error to a gRPC trailer, with `grpc-status-details-bin` when there are details. */
export function toServiceError(error: RpcError): { code: number; details: string; metadata: Metadata } {
  const metadata = new Metadata();
  if (error.details.length > 0) {
    const type = statusProtos().root.lookupType('google.rpc.Status');
    metadata.set('grpc-status-details-bin', Buffer.from(type.encode(type.fromObject(toStatus(error))).finish()));
  }
  return { code: statusCode(error.code), details: error.message, metadata };
}
