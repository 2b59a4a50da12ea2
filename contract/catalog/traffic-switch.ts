import { z } from 'zod';
import { switchCheck, switchRequest, switchValue } from './service-switch.ts';

/**
 * Describes how a service is told to refuse one risky path of its traffic, such as the calls of one provider. An
 * incident's mitigation disables it (runbook 001, section 4, C and E).
 */
export const trafficSwitch = z
  .strictObject({
    description: z
      .string('must be text')
      .min(1, 'must say what users miss')
      .max(200, 'at most 200 characters')
      .describe('What users miss while it is disabled, in one line.'),
    words: z
      .array(z.string('must be a word').min(2, 'at least 2 characters').max(60))
      .min(1)
      .optional()
      .describe('Words of log lines that speak of it: an incident proposes the switch by them. Default: its name.'),
    disable: switchRequest.describe('The request that disables it.'),
    enable: switchRequest.describe('The request that enables it again.'),
    check: z
      .strictObject({
        ...switchCheck,
        disabled: switchValue.describe('What stands there while it is disabled.'),
        enabled: switchValue.describe('What stands there while it is enabled.'),
      })
      .describe('How the state is read back, before and after each switch.'),
  })
  .check(({ value: { check }, issues }) => {
    if (check.disabled === check.enabled)
      issues.push({
        code: 'custom',
        input: check.enabled,
        path: ['check', 'enabled'],
        message: 'must be another value than disabled',
      });
  })
  .meta({
    id: 'trafficSwitch',
    title: 'Traffic switch',
    description:
      'How the service is told to refuse one risky path of its traffic, such as the calls of one provider. ' +
      "An incident's mitigation disables it.",
  });
