import { z } from 'zod';
import { jsonPointer } from './fields.ts';
import { requestFields } from './gates.ts';

const { method, path, headers, body, timeoutSeconds } = requestFields;
const value = z.union([z.string(), z.number(), z.boolean()], 'must be text, a number, true or false');
const request = z.strictObject({ method, path, headers, body, timeoutSeconds });

/**
 * How a service is told to refuse what writes, and how it is seen that it does: declared by services whose data has
 * to stand still while a schema is repaired (runbook 004, rollback procedure, step 4). Asked of the service's own URL
 * only; headers may come from secrets.
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
