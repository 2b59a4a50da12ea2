import { z } from 'zod';
import { jsonPointer } from './fields.ts';
import { requestFields } from './request.ts';

const { method, path, headers, body, timeoutSeconds } = requestFields;
const value = z.union([z.string(), z.number(), z.boolean()], 'must be text, a number, true or false');
const request = z.strictObject({ method, path, headers, body, timeoutSeconds });

/**
 * Describes how a service is told to refuse writes, and how that is read back. Services declare it whose data must
 * stand still while a schema is repaired (runbook 004, rollback procedure, step 4). Only the service's own URL is
 * called; headers may come from secrets.
 */
export const writeSwitch = z
  .strictObject({
    freeze: request,
    thaw: request,
    /** The state, read back before and after each switch. */
    check: z.strictObject({ path, headers, timeoutSeconds, pointer: jsonPointer, frozen: value, thawed: value }),
  })
  .check(({ value: { check }, issues }) => {
    if (check.frozen === check.thawed)
      issues.push({
        code: 'custom',
        input: check.thawed,
        path: ['check', 'thawed'],
        message: 'must be another value than frozen',
      });
  });

export type WriteSwitch = z.infer<typeof writeSwitch>;
export type WriteState = 'frozen' | 'thawed';
