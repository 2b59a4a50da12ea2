import { z } from 'zod';
import { required } from './approval-policy.ts';
import { count } from './fields.ts';
import { headerName, headerValue, requestPath, seconds } from './request.ts';

/** Describes the drills that an environment allows. One that says nothing allows none (runbook 001, section 8). */

/** The clients that stream while a drill disturbs the service; no other endpoint is called. */
const clients = z.strictObject({
  /** Each client gets it again and again over one connection; an answer that never ends is a stream. */
  path: requestPath,
  headers: z.record(headerName, headerValue).optional(),
  count: count('a number of clients', 1, 20).default(4),
  /** The pause between two requests of a client. */
  everyMs: count('a number of milliseconds', 20, 10_000).default(200),
  /** A client that hears nothing for so long gives its connection up. */
  silenceSeconds: seconds(1, 120).default(10),
});

export const drill = z.strictObject({
  clients,
  /** The longest that a client may be without an answer after the service is ready again. */
  reconnectWithinSeconds: seconds(1, 600).default(30),
  /** Approvals of a drill; none by default. */
  approvals: required.default([]),
});

export type DrillEntry = z.infer<typeof drill>;
export type DrillClients = DrillEntry['clients'];
