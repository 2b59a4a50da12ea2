import { z } from 'zod';
import { switchCheck, switchRequest, switchValue } from './service-switch.ts';

/**
 * Describes how a service is told to refuse writes. Services declare it whose data must stand still while a schema is
 * repaired (runbook 004, rollback procedure, step 4).
 */
export const writeSwitch = z
  .strictObject({
    freeze: switchRequest.describe('The request that freezes writes.'),
    thaw: switchRequest.describe('The request that allows them again.'),
    check: z
      .strictObject({
        ...switchCheck,
        frozen: switchValue.describe('What stands there while writes are frozen.'),
        thawed: switchValue.describe('What stands there while they are allowed.'),
      })
      .describe('How the state is read back, before and after each switch.'),
  })
  .check(({ value: { check }, issues }) => {
    if (check.frozen === check.thawed)
      issues.push({
        code: 'custom',
        input: check.thawed,
        path: ['check', 'thawed'],
        message: 'must be another value than frozen',
      });
  })
  .meta({
    id: 'writeSwitch',
    title: 'Write switch',
    description:
      'How the service is told to refuse writes, while its data must stand still for a repair of the schema by hand.',
  });

export type WriteSwitch = z.infer<typeof writeSwitch>;
export type WriteState = 'frozen' | 'thawed';
