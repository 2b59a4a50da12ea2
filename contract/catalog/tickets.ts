import { z } from 'zod';
import { webhookFields } from './notifications.ts';

/** Describes where evidence is attached when a change has ended (runbook 002, section 6: beside the deploy ticket). */

const repository = z
  .string('must be a repository')
  .regex(/^[\w.-]{1,100}\/[\w.-]{1,100}$/, 'must be <owner>/<repository>')
  .describe('`<owner>/<repository>` on GitHub.');

const githubIssue = z.strictObject({ kind: z.literal('githubIssue'), repository }).meta({
  id: 'ticket.githubIssue',
  title: 'Ticket: issue on GitHub',
  description: 'A comment on the issue that the run was given as `ticket`.',
});
const githubDeployment = z.strictObject({ kind: z.literal('githubDeployment'), repository }).meta({
  id: 'ticket.githubDeployment',
  title: 'Ticket: deployment on GitHub',
  description: 'A deployment of the commit, with a status that says how it ended.',
});
const webhook = z
  .strictObject(webhookFields)
  .meta({ id: 'ticket.webhook', title: 'Ticket: webhook', description: 'JSON that is posted.' });

export const ticket = z.discriminatedUnion(
  'kind',
  [githubIssue, githubDeployment, webhook],
  'must have a kind: githubIssue, githubDeployment or webhook',
);

export type TicketEntry = z.infer<typeof ticket>;
export type TicketKind = TicketEntry['kind'];
export type TicketOf<Kind extends TicketKind> = Extract<TicketEntry, { kind: Kind }>;
