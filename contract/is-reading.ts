import type { HttpGate } from './catalog/gates.ts';

/** Says whether a request changes nothing at the service. */
export function isReading({ method }: Pick<HttpGate, 'method'>): boolean {
  return method === 'GET' || method === 'HEAD';
}
