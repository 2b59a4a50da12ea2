import { z } from 'zod';
import { required } from './approval-policy.ts';
import { count } from './fields.ts';
import { requestHeaders, requestPath, seconds } from './request.ts';

/** Describes the drills that an environment allows. One that says nothing allows none (runbook 001, section 8). */

/** The clients that stream while a drill disturbs the service; no other endpoint is called. */
const clients = z.strictObject({
  path: requestPath.describe(
    'What each client gets again and again over one connection. An answer that never ends is a stream.',
  ),
  headers: requestHeaders.optional().describe('Headers of these requests.'),
  count: count('a number of clients', 1, 20).default(4).describe('How many clients there are.'),
  everyMs: count('a number of milliseconds', 20, 10_000)
    .default(200)
    .describe('The pause between two requests of a client.'),
  silenceSeconds: seconds(1, 120)
    .default(10)
    .describe('A client that hears nothing for so long gives its connection up.'),
});

export const drill = z
  .strictObject({
    clients: clients.describe('The clients that stream while a drill disturbs the service.'),
    reconnectWithinSeconds: seconds(1, 600)
      .default(30)
      .describe('The longest that a client may be without an answer after the service is ready again.'),
    approvals: required.default([]).describe('People who must approve a drill.'),
  })
  .meta({
    id: 'drill',
    title: 'Drill',
    description: 'The drills that may be run here: `./slipway drill`. Without it none may. In a cluster only.',
  });

export type DrillEntry = z.infer<typeof drill>;
export type DrillClients = DrillEntry['clients'];
