import { z } from 'zod';
import { switchCheck, switchRequest, switchValue } from './service-switch.ts';

/**
 * Describes how a service is told to refuse writes. Services declare it whose data must stand still while a schema is
 * repaired (runbook 004, rollback procedure, step 4).
 */
export const writeSwitch = z
  .strictObject({
    freeze: switchRequest,
    thaw: switchRequest,
    check: z.strictObject({ ...switchCheck, frozen: switchValue, thawed: switchValue }),
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
