import { expect } from 'vitest';
import { workerPermissions } from '../../contract/google-rights.ts';
import { workerAccount } from '../../sandbox/worker-account.ts';
import type { Call } from './call-log.ts';

/**
 * Expects that the worker has called as its account, and was refused nothing but what a test has taken away: a
 * permission that the documented list has. A fault that a test has added does not count.
 */
export function expectLeastRights(calls: readonly Call[]): void {
  const own = calls.filter(({ account, fault }) => account === workerAccount && fault === undefined);
  if (calls.some(({ markers }) => markers.change !== undefined)) expect(own.length).toBeGreaterThan(0);
  const lacking = own.filter(({ code, message }) => code === 'PERMISSION_DENIED' && !isListed(message ?? ''));
  expect(lacking.map(({ method, message }) => `${method}: ${message}`)).toEqual([]);
}

function isListed(refusal: string): boolean {
  return workerPermissions.some((permission) => refusal.toLowerCase().includes(`'${permission.toLowerCase()}'`));
}
