import { z } from 'zod';
import type { TicketOf } from '../../contract/catalog/tickets.ts';
import { cutLine } from '../../contract/cut-line.ts';
import { codeSpan, escapeMarkdown } from '../../contract/markdown.ts';
import { shortHash } from '../../contract/plan.ts';
import { finalFailure } from '../failure.ts';
import { oneLine } from '../one-line.ts';
import type { Attachment, Ticket } from '../ports/tickets.ts';
import { createGithub, type Github, type GithubAccess } from './api.ts';

/** Platform: GitHub, a comment's body has at most 65536 characters; a status' description 140. */
const maxNotesLength = 60_000;
const maxDescriptionLength = 140;
const pageSize = 100;
const maxPages = 10;

const comment = z.object({ body: z.string().nullish(), html_url: z.string() });
const deployment = z.object({ id: z.number(), payload: z.unknown().optional() });
const status = z.object({ state: z.string() });
const payload = z.object({ change: z.string() });

/**
 * Comments on an issue, once: the comment has a line that a reader does not see, by which a repeat finds it. Platform:
 * GitHub REST API, "Issue comments".
 */
export function createIssueComments(access: GithubAccess): Ticket<TicketOf<'githubIssue'>> {
  const github = createGithub(access);
  return {
    async attach({ ticket: { repository }, number, manifest, hash, notes, outcome, signal }) {
      if (number === null)
        throw finalFailure(
          'Missing',
          `no issue of ${repository} was named: give the run a ticket, as --ticket <number>`,
        );
      const marker = `<!-- slipway evidence ${manifest.change} ${hash} -->`;
      const path = `/repos/${repository}/issues/${number}/comments`;
      const needs = 'write access to issues';
      const found = await findOne(
        github,
        `${path}?since=${encodeURIComponent(manifest.madeAt)}`,
        comment,
        needs,
        signal,
        ({ body }) => (body ?? '').includes(marker),
      );
      if (found) return found.html_url;
      const command = `./slipway evidence ${manifest.change}`;
      const body = [
        marker,
        notes.slice(0, maxNotesLength).trimEnd(),
        '',
        `${escapeMarkdown(oneLine(outcome))}. Manifest ${codeSpan(hash)}; verify it by ${codeSpan(command)}`,
      ].join('\n');
      return comment.parse(await github({ path, body: { body }, needs, signal })).html_url;
    },
  };
}

/**
 * Makes a deployment of the commit, once, and says how it ended. Its payload names change and manifest. Platform:
 * GitHub REST API, "Deployments" and "Deployment statuses".
 */
export function createDeployments(access: GithubAccess): Ticket<TicketOf<'githubDeployment'>> {
  const github = createGithub(access);
  const needs = 'write access to deployments';
  return {
    async attach(attachment) {
      const { ticket, verified, outcome, hash, signal } = attachment;
      const { id } = (await findDeployment(attachment)) ?? (await makeDeployment(attachment));
      const path = `/repos/${ticket.repository}/deployments/${id}`;
      const state = verified ? 'success' : 'failure';
      const told = await findOne(github, `${path}/statuses?`, status, needs, signal, (one) => one.state === state);
      const description = cutLine(`${oneLine(outcome)}; evidence ${shortHash(hash)}`, maxDescriptionLength);
      if (!told) await github({ path: `${path}/statuses`, body: { state, description }, needs, signal });
      return `deployment ${id} of ${ticket.repository}`;
    },
  };

  function findDeployment({ ticket, manifest, signal }: Attachment<TicketOf<'githubDeployment'>>) {
    const query = new URLSearchParams({ sha: manifest.commit, environment: manifest.environment });
    const path = `/repos/${ticket.repository}/deployments?${query.toString()}`;
    return findOne(github, path, deployment, needs, signal, (one) => {
      const parsed = payload.safeParse(one.payload);
      return parsed.success && parsed.data.change === manifest.change;
    });
  }

  async function makeDeployment({ ticket, manifest, hash, signal }: Attachment<TicketOf<'githubDeployment'>>) {
    const { commit, environment, change, digest, service } = manifest;
    const body = {
      ref: commit,
      environment,
      // The release has happened: GitHub is neither to merge nor to judge it again.
      auto_merge: false,
      required_contexts: [],
      description: cutLine(`${service} to ${environment} by Slipway, change ${change}`, maxDescriptionLength),
      payload: { change, digest, manifest: hash },
    };
    return deployment.parse(await github({ path: `/repos/${ticket.repository}/deployments`, body, needs, signal }));
  }
}

/** Finds the first of a list that is meant, page by page; undefined if none is. */
async function findOne<T>(
  github: Github,
  path: string,
  schema: z.ZodType<T>,
  needs: string,
  signal: AbortSignal,
  isMeant: (one: T) => boolean,
): Promise<T | undefined> {
  const separator = path.endsWith('?') ? '' : '&';
  for (let page = 1; page <= maxPages; page += 1) {
    const answer = await github({ path: `${path}${separator}per_page=${pageSize}&page=${page}`, needs, signal });
    const found = z.array(schema).parse(answer);
    const meant = found.find(isMeant);
    if (meant || found.length < pageSize) return meant;
  }
  return undefined;
}
