import { z } from 'zod';
import { jsonPointer } from './fields.ts';
import { requestFields } from './request.ts';

/**
 * Describes a switch that a service has itself, such as that of its writes: a request for each state, and how the state
 * is read back. Only the service's own URL is called; headers may come from secrets.
 */
const { method, path, headers, body, timeoutSeconds } = requestFields;

/** The request that asks for one state. */
export const switchRequest = z.strictObject({ method, path, headers, body, timeoutSeconds }).meta({
  id: 'switchRequest',
  title: 'Request of a switch',
  description: "A request that asks the service for one state. Only the service's own URL is called.",
});
export type SwitchRequest = z.infer<typeof switchRequest>;

/** The value that stands for one state where it is read back. */
export const switchValue = z.union([z.string(), z.number(), z.boolean()], 'must be text, a number, true or false');
export type SwitchValue = z.infer<typeof switchValue>;

/** Where the state is read back, before and after each switch. */
export const switchCheck = {
  path,
  headers,
  timeoutSeconds,
  pointer: jsonPointer.describe('Where the answer says the state.'),
};
export type SwitchCheck = Pick<SwitchRequest, 'path' | 'headers' | 'timeoutSeconds'> & { pointer: string };
