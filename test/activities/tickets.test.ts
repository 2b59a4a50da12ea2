import { createHmac } from 'node:crypto';
import { MockActivityEnvironment } from '@temporalio/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { canonicalJson } from '../../catalog/canonical-json.ts';
import { createEvidenceActivities } from '../../activities/evidence/index.ts';
import { createDeployments, createIssueComments } from '../../activities/github/tickets.ts';
import { createTicketWebhook } from '../../activities/webhook/index.ts';
import type { TicketEntry } from '../../contract/catalog/tickets.ts';
import { artifactOf, commits, World } from '../workflows/world.ts';
import { ScriptedService, type ReceivedRequest, type Reply } from './gate-world.ts';

const repository = 'example/service';
const at = '2026-01-02T03:04:05Z';
const change = 'c0123456789';
const key = 'whsec_a2V5IG9mIHRoZSB0ZXN0cw==';

let service: ScriptedService;
let github: FakeGithub;
beforeEach(async () => {
  service = await new ScriptedService().open();
  github = new FakeGithub();
  service.reply = (request) => github.answer(request);
});
afterEach(() => service.close());

/** What GitHub keeps of one repository: comments of an issue, deployments and their statuses. */
class FakeGithub {
  readonly comments: { body: string; html_url: string }[] = [
    { body: 'Please release', html_url: 'https://x.example/1' },
  ];
  readonly deployments: { id: number; payload: unknown; url: string; environment: string }[] = [];
  readonly statuses: { state: string; description: string }[] = [];
  /** The answer to the next POST is lost after it was taken. */
  losesNext = false;

  answer({ method, path, body }: ReceivedRequest): Reply {
    const [where = ''] = path.split('?');
    const list = this.listAt(where);
    if (!list) return { status: 404 };
    if (method === 'GET') return { status: 200, json: list };
    const made = {
      id: list.length + 1,
      html_url: `https://x.example/${list.length + 1}`,
      url: '',
      ...JSON.parse(body),
    };
    list.push(made);
    if (!this.losesNext) return { status: 201, json: made };
    this.losesNext = false;
    return 'lost';
  }

  private listAt(where: string): unknown[] | undefined {
    return {
      [`/repos/${repository}/issues/12/comments`]: this.comments,
      [`/repos/${repository}/deployments`]: this.deployments,
      [`/repos/${repository}/deployments/1/statuses`]: this.statuses,
    }[where];
  }
}

/** Attaches evidence of a release to one ticket, so often. */
async function attach(
  ticket: TicketEntry,
  { number = 12, verified = true, times = 1 }: { number?: number | null; verified?: boolean; times?: number } = {},
) {
  const world = new World();
  const ports = world.ports({} as never, {} as never);
  const access = { api: service.url, token: 'ghp_abc123' };
  const { attachEvidence } = createEvidenceActivities({
    ...ports,
    secrets: { ...ports.secrets, read: async () => key },
    tickets: {
      githubIssue: createIssueComments(access),
      githubDeployment: createDeployments(access),
      webhook: createTicketWebhook(),
    },
  });
  const notes = '## Evidence of service in staging\n';
  const manifest = {
    ...{ version: 1, service: 'service', environment: 'staging', change, attempt: 1, revision: 'service-2', plan: '' },
    ...artifactOf(commits.good),
    ...{ catalog: '', madeAt: at, verdict: 'pass', checks: [] },
    notes: { name: 'release-notes.md', sha256: await ports.evidence.keep(notes), bytes: 1, mediaType: 'text/markdown' },
  };
  const hash = await ports.evidence.keep(canonicalJson(manifest));
  const outcome = verified ? 'released' : 'rolled back: health: <b>no</b>';
  const request = { entry: world.entry, ticket, number, hash, outcome, verified };
  let place: string | undefined;
  for (let attempt = 1; attempt <= times; attempt += 1)
    place = await new MockActivityEnvironment({ attempt }).run(attachEvidence, request);
  return { place, hash };
}

/** Beside the deploy ticket, so that auditors find it (runbook 002, section 6). */
describe('evidence at an issue', () => {
  it('is one comment with the release notes and the hash, also when it is attached twice', async () => {
    const { place, hash } = await attach({ kind: 'githubIssue', repository }, { times: 2 });
    expect(github.comments).toHaveLength(2);
    const { body = '' } = github.comments[1] ?? {};
    expect(body).toContain('## Evidence of service in staging');
    expect(body).toContain(`released. Manifest \`${hash}\`; verify it by \`./slipway evidence ${change}\``);
    expect(place).toBe('https://x.example/2');
    expect(service.received[0]?.headers['authorization']).toBe('Bearer ghp_abc123');
  });

  it('is found by a repeat whose first answer was lost', async () => {
    github.losesNext = true;
    await expect(attach({ kind: 'githubIssue', repository })).rejects.toThrow();
    expect(await attach({ kind: 'githubIssue', repository })).toMatchObject({ place: 'https://x.example/2' });
    expect(github.comments).toHaveLength(2);
  });

  it('has no markup of what went wrong, and needs the number of the issue', async () => {
    await attach({ kind: 'githubIssue', repository }, { verified: false });
    expect(github.comments[1]?.body).toContain('health: \\<b\\>no\\</b\\>');
    await expect(attach({ kind: 'githubIssue', repository }, { number: null })).rejects.toMatchObject({
      type: 'Missing',
      message: expect.stringContaining('--ticket <number>'),
    });
    await expect(attach({ kind: 'githubIssue', repository: 'example/other' })).rejects.toMatchObject({
      type: 'Missing',
    });
  });
});

describe('evidence at a deployment', () => {
  it('is one deployment of the commit, with its manifest and how it ended', async () => {
    const { place, hash } = await attach({ kind: 'githubDeployment', repository }, { times: 2 });
    expect(github.deployments).toMatchObject([
      { ref: commits.good, environment: 'staging', required_contexts: [], payload: { change, manifest: hash } },
    ]);
    expect(github.statuses).toMatchObject([{ state: 'success', description: expect.stringContaining('released') }]);
    expect(place).toBe(`deployment 1 of ${repository}`);
  });

  it('has the status failure when the change was taken back', async () => {
    await attach({ kind: 'githubDeployment', repository }, { verified: false });
    expect(github.statuses.map(({ state }) => state)).toEqual(['failure']);
  });
});

describe('evidence at a webhook', () => {
  it('is signed JSON with the whole manifest; a repeat has the same id', async () => {
    service.reply = () => ({ status: 204, text: '' });
    const ticket = {
      kind: 'webhook',
      url: `${service.url}/hook`,
      signature: { secret: 'hook', version: 'latest' },
    } as const;
    const { hash } = await attach(ticket, { times: 2 });
    const [first, second] = service.received;
    const body = first?.body ?? '';
    expect(JSON.parse(body)).toMatchObject({
      event: 'evidence',
      hash,
      verified: true,
      manifest: { change },
      ticket: 12,
    });
    expect(second?.headers['webhook-id']).toBe(first?.headers['webhook-id']);
    const signed = `${String(first?.headers['webhook-id'])}.${String(first?.headers['webhook-timestamp'])}.${body}`;
    const expected = createHmac('sha256', 'key of the tests').update(signed).digest('base64');
    expect(first?.headers['webhook-signature']).toBe(`v1,${expected}`);
  });
});
