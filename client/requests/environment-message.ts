import type { z } from 'zod';
import { parseInput } from '../../contract/inputs.ts';
import { CommandError } from '../cli/command-error.ts';
import { flags } from '../cli/flags.ts';
import { whoAsks } from './person.ts';
import type { Session } from '../cli/session.ts';
import type { Place } from '../api/slipway-client.ts';

export interface OperatorFlags {
  environment?: string;
  by?: string;
  reason?: string;
  signal?: boolean;
  timeout?: string;
}

export const operatorFlags = [flags.environment, flags.by, flags.reason, flags.timeout];

/** Service and environment, both of which an environment's commands need. */
export function placeOf(service: string | undefined, environment: string | undefined): Place {
  if (service !== undefined && environment !== undefined) return { service, environment };
  throw CommandError.badInput([{ path: '--environment', message: 'must be given' }]);
}

/** The payload of an operator's message, parsed as the environment will parse it. */
export async function operatorPayload<T>(
  session: Session,
  schema: z.ZodType<T>,
  { by, reason }: OperatorFlags,
  more: object = {},
): Promise<T> {
  const parsed = parseInput(schema, { by: await whoAsks(by, session.environment), reason, ...more });
  if ('problems' in parsed) throw CommandError.badInput(parsed.problems);
  return parsed.input;
}
