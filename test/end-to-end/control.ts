import { z } from 'zod';
import { eventually } from '../until.ts';

const faultSchema = z.looseObject({
  id: z.number(),
  method: z.string(),
  kind: z.string(),
  seen: z.number(),
  fired: z.boolean(),
});

export interface FaultScript {
  /** Full gRPC name, or its last two parts for the Cloud Run Admin API: `Jobs/RunJob`. */
  method: string;
  /** Part of a resource's name: other resources are spared. */
  resource?: string;
  nth?: number;
  kind: 'delay' | 'error' | 'lost' | 'hang';
  code?: string;
  ms?: number;
}

export interface Tempo {
  operationMs?: number;
  callMs?: number;
  listLagMs?: number;
  executionLagMs?: number;
  jobLagMs?: number;
  secretLagMs?: number;
  logDelayMs?: number;
  buildMs?: number;
}

/** Calls of a minute, and how long that is; null counts nothing. */
export type Quotas = Partial<Record<'run-reads' | 'run-writes' | 'log-reads', number | null>> & { minuteMs?: number };

export type Fault = z.infer<typeof faultSchema>;

/** The knobs that the platform does not have: what goes wrong, and how slow everything is. */
export class SandboxControl {
  private readonly http: string;

  constructor(http: string) {
    this.http = http;
  }

  async addFault(fault: FaultScript): Promise<Fault> {
    const method = fault.method.includes('.') ? fault.method : `google.cloud.run.v2.${fault.method}`;
    return faultSchema.parse(await this.send('POST', 'faults', { ...fault, method }));
  }

  async faults(): Promise<Fault[]> {
    return z.object({ faults: z.array(faultSchema) }).parse(await this.send('GET', 'faults')).faults;
  }

  /** Waits until a fault has met its call. */
  async fired({ id, method }: Fault, timeoutMs = 60_000): Promise<void> {
    await eventually(
      `the fault of ${method}`,
      async () => (await this.faults()).some((fault) => fault.id === id && fault.fired),
      timeoutMs,
    );
  }

  /** Takes a permission away, of one resource or of all. */
  async deny(permission: string, resource?: string): Promise<void> {
    await this.send('POST', 'permissions', { permission, resource });
  }

  async clearDenials(): Promise<void> {
    await this.send('DELETE', 'permissions');
  }

  async clearFaults(): Promise<void> {
    await this.send('DELETE', 'faults');
  }

  async tune(tempo: Tempo): Promise<void> {
    await this.send('PUT', 'tune', tempo);
  }

  /** Makes the platform one of the worlds that it may be. */
  async enter(name: 'recorded' | 'described' | 'bare'): Promise<void> {
    await this.send('PUT', 'world', { name });
  }

  async setQuotas(quotas: Quotas): Promise<void> {
    await this.send('PUT', 'quotas', quotas);
  }

  private async send(method: string, name: string, body?: unknown): Promise<unknown> {
    const response = await fetch(new URL(`/sandbox/${name}`, this.http), {
      method,
      body: body === undefined ? null : JSON.stringify(body),
      signal: AbortSignal.timeout(10_000),
    });
    if (!response.ok) throw new Error(`/sandbox/${name} answered ${response.status}: ${await response.text()}`);
    return response.json();
  }
}
