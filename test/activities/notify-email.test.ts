import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createEmail } from '../../activities/email/index.ts';
import type { Notification } from '../../contract/notification.ts';
import { createAuthority, issue } from '../../sandbox/kubernetes/certificates/certificate.ts';
import { MailServer } from './mail-server.ts';
import { notify, type Situation } from './notifications.ts';

const login = { user: { secret: 'mail-user' }, password: { variable: 'SLIPWAY_SECRET_MAIL' } };
const secrets = { 'mail-user': 'slipway', SLIPWAY_SECRET_MAIL: 'right-password' };
const asked = [
  { role: 'release-owner', people: ['release-owner@example.com', 'Deputy@example.com'] },
  { role: 'data-owner', people: ['data-owner@example.com', 'nobody'] },
];
const waiting: Partial<Notification> = {
  key: 'c1-1-approvalNeeded',
  event: 'approvalNeeded',
  what: 'it waits for approval of plan abc',
  asked,
};

describe('an e-mail', () => {
  let server: MailServer;
  beforeEach(async () => {
    server = await new MailServer().open();
  });
  afterEach(() => server.close());

  const tell = (situation: Partial<Situation> = {}, channel: object = {}) =>
    notify('', {
      channel: {
        kind: 'email',
        host: '127.0.0.1',
        port: server.port,
        from: 'slipway@example.com',
        to: ['ops@example.com'],
        ...channel,
      },
      secrets,
      ...situation,
    });

  it('is plain text with what happened, how it stands, the command and the page of the run', async () => {
    expect(await tell({ notification: { at: '2026-03-01T18:00:00.123Z', what: 'opened by Jürgen' } })).toEqual({
      thread: null,
    });
    const [{ headers = {}, body = '', to } = {}] = server.received;
    expect(to).toEqual(['ops@example.com']);
    expect(headers).toMatchObject({
      from: 'Slipway <slipway@example.com>',
      to: 'ops@example.com',
      subject: '[Slipway] incident of service in staging: no run starts',
      'content-type': 'text/plain; charset=utf-8',
      'auto-submitted': 'auto-generated',
    });
    expect(body).toBe(`SEV-1: opened by Jürgen (2026-03-01 18:00:00 UTC)

  on it: nobody yet

In a shell:
  ./slipway incident show incident/service/staging/cause

In Temporal:
  https://temporal.example.com/namespaces/default/workflows/test/00000000-0000-0000-0000-000000000000/user-metadata
`);
  });

  it('has an id that is made of the key, and the thread of its subject', async () => {
    await tell();
    await tell({ attempt: 2 });
    await tell({ notification: { key: 'c1-2-incidentAcknowledged' } });
    await tell({ notification: { key: 'c2-1-incidentOpened', subject: { id: 'c2' } as Notification['subject'] } });
    const [first, repeat, second, other] = server.received.map(({ headers }) => headers);
    expect(first?.['message-id']).toMatch(/^<[0-9a-f]{40}\.slipway@example\.com>$/);
    expect(repeat?.['message-id']).toBe(first?.['message-id']);
    expect(second?.['message-id']).not.toBe(first?.['message-id']);
    expect(second?.['in-reply-to']).toBe(first?.['in-reply-to']);
    expect(second?.['references']).toBe(second?.['in-reply-to']);
    expect(other?.['references']).not.toBe(first?.['references']);
  });

  it('takes no orders of foreign text: no header, no line of its own, no credential', async () => {
    await tell({
      notification: {
        what: 'failed\r\n.\r\nMAIL FROM:<evil@example.com>\nIn a shell:\n  rm -rf / password=hunter2222',
        facts: [{ name: 'asked for by', text: 'a\r\nb\u2028c\u202ed' }],
        subject: { title: 'x\r\nBcc: evil@example.com\r\n\r\n<b>hello</b>' } as Notification['subject'],
      },
    });
    const [{ headers = {}, body = '', to } = {}] = server.received;
    expect(server.received).toHaveLength(1);
    expect(to).toEqual(['ops@example.com']);
    expect(Object.keys(headers)).not.toContain('bcc');
    expect(headers['subject']).toBe('[Slipway] incident of service in staging: x Bcc: evil@example.com <b>hello</b>');
    expect(body.split('\n')[0]).toContain(
      'failed . MAIL FROM:<evil@example.com> In a shell: rm -rf / password=[secret]',
    );
    expect(body).toContain('\n  asked for by: a b c d\n');
  });

  it('keeps its subject within a line, whatever a title says', async () => {
    await tell({ notification: { subject: { title: '☃'.repeat(1_000) } as Notification['subject'] } });
    const encoded = server.received[0]?.headers['subject'] ?? '';
    expect(encoded.length).toBeLessThan(2_000);
  });

  it.each([
    [
      'everybody who is asked',
      { to: 'roles' },
      ['release-owner@example.com', 'deputy@example.com', 'data-owner@example.com'],
    ],
    ['those of its own roles', { to: 'roles', roles: ['data-owner'] }, ['data-owner@example.com']],
    [
      'fixed addresses beside them, each once',
      { to: ['roles', 'ops@example.com', 'Data-Owner@example.com'], roles: ['data-owner'] },
      ['data-owner@example.com', 'ops@example.com'],
    ],
  ])('goes to %s', async (_who, channel, to) => {
    await tell({ notification: waiting }, channel);
    expect(server.received.map((mail) => mail.to)).toEqual([to]);
  });

  it('that some do not get is told once, with those whom it did not reach', async () => {
    server.recipient = (address) => (address.startsWith('data-owner') ? 450 : null);
    expect(await tell({ notification: waiting }, { to: 'roles' })).toEqual({
      thread: null,
      missed: ['data-owner@example.com: 450 data-owner@example.com not here'],
    });
    expect(server.received).toHaveLength(1);
  });

  it('signs in by secrets, and has none in a failure', async () => {
    await tell({}, { login });
    expect(server.received[0]?.user).toBe('slipway');
    const failure = await tell({ secrets: { ...secrets, SLIPWAY_SECRET_MAIL: 'wrong-password' } }, { login }).catch(
      (error: unknown) => error,
    );
    expect(failure).toMatchObject({ type: 'Denied', nonRetryable: false });
    expect(String(failure)).toContain('refuses the login: 535 wrong password [secret]');
    expect((failure as Error).stack).not.toContain('wrong-password');
    await expect(
      tell({ secrets: { ...secrets, SLIPWAY_SECRET_MAIL: 'wrong-password' }, attempt: 4 }, { login }),
    ).rejects.toMatchObject({ type: 'Denied', nonRetryable: true });
  });

  it.each([
    ['is full for a while', { code: 452, text: 'mailbox full' }, { type: 'Unavailable', nonRetryable: false }],
    ['refuses the message', { code: 554, text: 'no spam here' }, { type: 'BadRequest', nonRetryable: true }],
    ['loses the answer', 'lost', { type: 'Unavailable', nonRetryable: false }],
  ] as const)('is classified where the server %s', async (_what, answer, failure) => {
    server.answer = () => answer;
    await expect(tell()).rejects.toMatchObject(failure);
  });

  it('is the same message to the server that has taken it without an answer', async () => {
    server.answer = () => 'lost';
    await expect(tell()).rejects.toMatchObject({ type: 'Unavailable' });
    server.answer = () => 'taken';
    await tell({ attempt: 2 });
    expect(new Set(server.received.map(({ headers }) => headers['message-id'])).size).toBe(1);
  });

  it('refused for every recipient is not told', async () => {
    server.recipient = () => 550;
    await expect(tell()).rejects.toMatchObject({ type: 'BadRequest', message: expect.stringContaining('550') });
    server.recipient = () => 450;
    await expect(tell()).rejects.toMatchObject({ type: 'Unavailable', nonRetryable: false });
  });

  it('is tried again where nobody listens', async () => {
    await server.close();
    await expect(tell()).rejects.toMatchObject({
      type: 'Unavailable',
      message: expect.stringContaining('ECONNREFUSED'),
    });
  });

  it('does not wait for ever for a server that says nothing', async () => {
    server.isSilent = true;
    await expect(tell()).rejects.toMatchObject({ type: 'Unavailable' });
  }, 20_000);
});

describe('an e-mail to another machine', () => {
  // Every address of this machine answers here, and it is none of the loopback's.
  const host = '0.0.0.0';
  const authority = createAuthority('mail-authority');
  const { certificate: cert, key } = issue(authority, { name: 'mail', hosts: [host] });
  const options = { disabledCommands: [], allowInsecureAuth: false, cert, key };
  let server: MailServer;
  afterEach(() => server.close());

  const tell = (ca?: string, changes: object = {}) =>
    notify('', {
      channel: {
        kind: 'email',
        host,
        port: server.port,
        login,
        from: 'slipway@example.com',
        to: ['ops@example.com'],
        ...changes,
      },
      secrets,
      ...(ca !== undefined && { messengers: { email: createEmail({ ca }) } }),
    });

  it('is sent encrypted', async () => {
    server = await new MailServer(options).open();
    await tell(authority.certificate);
    expect(server.received).toMatchObject([{ isEncrypted: true, user: 'slipway' }]);
  });

  it.each([
    ['no TLS', {}],
    ['a certificate that nobody trusts', options],
  ])('is not sent to a server with %s, and neither is the password', async (_what, wrong) => {
    let logins = 0;
    server = await new MailServer({
      ...wrong,
      onAuth: (_login, _session, done) => {
        logins += 1;
        done(null, { user: 'x' });
      },
    }).open();
    await expect(tell()).rejects.toMatchObject({ type: 'BadRequest', nonRetryable: true });
    expect(server.received).toEqual([]);
    expect(logins).toBe(0);
  });
});
