import { status } from '@grpc/grpc-js';
import { z } from 'zod';
import type { CodeName } from './errors.ts';
import type { Store } from '../store/store.ts';

const codeName = z.custom<CodeName>(
  (value) => typeof value === 'string' && value in status && value !== 'OK',
  'no gRPC status code',
);

const faultSchema = z.strictObject({
  method: z
    .string()
    .min(1)
    .transform((method) => method.replace(/^\//, '')),
  /** Part of the name of the resource that the call is about; absent means every call of the method. */
  resource: z.string().min(1).optional(),
  nth: z.number().int().min(1).default(1),
  kind: z.enum(['delay', 'error', 'lost', 'hang']),
  code: codeName.optional(),
  ms: z.number().min(0).max(86_400_000).optional(),
});

/** A fault of the nth call of a method, counted from when the fault was added. */
export type Fault = z.output<typeof faultSchema> & { id: number; seen: number; fired: boolean };

export interface Faults {
  add(fault: unknown): Fault;
  list(): Fault[];
  clear(): void;
  /** Counts a call and answers the fault that it meets, if any. */
  meet(method: string, resource: string): Fault | undefined;
}

/** Faults and their counts are kept in the store: a restarted emulator goes on counting. */
export function openFaults(store: Store): Faults {
  const faults = store.collection<Fault>('faults');
  const keyOf = (fault: Fault): string => String(fault.id).padStart(8, '0');
  return {
    list: () => faults.list(),
    add: (input) => {
      const id = (faults.list().at(-1)?.id ?? 0) + 1;
      const fault: Fault = { id, ...faultSchema.parse(input), seen: 0, fired: false };
      faults.put(keyOf(fault), fault);
      return fault;
    },
    clear: () => {
      for (const fault of faults.list()) faults.delete(keyOf(fault));
    },
    meet: (method, resource) => {
      let met: Fault | undefined;
      for (const fault of faults.list()) {
        if (fault.fired || fault.method !== method || !resource.includes(fault.resource ?? '')) continue;
        const seen = fault.seen + 1;
        const fires = seen === fault.nth && met === undefined;
        faults.put(keyOf(fault), { ...fault, seen, fired: fires });
        if (fires) met = fault;
      }
      return met;
    },
  };
}
