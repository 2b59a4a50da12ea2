import { readFile } from 'node:fs/promises';
import { z } from 'zod';

const callSchema = z.looseObject({
  seq: z.number().int(),
  startedAt: z.iso.datetime(),
  endedAt: z.iso.datetime(),
  method: z.string(),
  resource: z.string(),
  markers: z.strictObject({ change: z.string(), step: z.string(), attempt: z.string(), fence: z.string() }).partial(),
  code: z.string(),
  effect: z.enum(['none', 'created', 'updated', 'deleted', 'started', 'cancelled']),
  account: z.string().optional(),
  fault: z.string().optional(),
  message: z.string().optional(),
});

/** One line of the sandbox's call log: what really reached the platform, and what it did there. */
export type Call = z.infer<typeof callSchema>;

/** Every call so far, oldest first. A line that is being written right now is left out. */
export async function readCallLog(file: string): Promise<Call[]> {
  const text = await readFile(file, 'utf8').catch(() => '');
  const complete = text.slice(0, text.lastIndexOf('\n') + 1);
  return complete
    .split('\n')
    .filter((line) => line !== '')
    .map((line) => callSchema.parse(JSON.parse(line)));
}

/** Calls that changed the platform. */
export function effective(calls: readonly Call[]): Call[] {
  return calls.filter(({ effect }) => effect !== 'none');
}

/** Calls of a change, by its marker. */
export function callsOf(calls: readonly Call[], change: string): Call[] {
  return calls.filter(({ markers }) => markers.change === change);
}

/** `Services/UpdateService`, for an assertion that a person reads. */
export function shortMethod({ method }: Call): string {
  return method.split('.').at(-1) ?? method;
}
