import { z } from 'zod';
import { url } from './fields.ts';
import { secretReference } from './notifications.ts';

/** Describes where evidence is attached when a change has ended (runbook 002, section 6: beside the deploy ticket). */

const repository = z
  .string('must be a repository')
  .regex(/^[\w.-]{1,100}\/[\w.-]{1,100}$/, 'must be <owner>/<repository>');

/** A comment on the issue that the run was given (`ticket`). */
const githubIssue = z.strictObject({ kind: z.literal('githubIssue'), repository });
/** A deployment of the commit, with a status that says how it ended. */
const githubDeployment = z.strictObject({ kind: z.literal('githubDeployment'), repository });
/** JSON that is posted; signed as notifications are. */
const webhook = z.strictObject({
  kind: z.literal('webhook'),
  url: z.union([url, secretReference], 'must be a URL, or a secret that holds one'),
  /** The key of the HMAC-SHA256 in the header webhook-signature. */
  signature: secretReference.optional(),
});

export const ticket = z.discriminatedUnion(
  'kind',
  [githubIssue, githubDeployment, webhook],
  'must have a kind: githubIssue, githubDeployment or webhook',
);

export type TicketEntry = z.infer<typeof ticket>;
export type TicketKind = TicketEntry['kind'];
export type TicketOf<Kind extends TicketKind> = Extract<TicketEntry, { kind: Kind }>;
