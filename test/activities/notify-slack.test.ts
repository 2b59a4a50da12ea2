import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { FakeSlack } from './fake-slack.ts';
import { notify, refusals, type Situation } from './notifications.ts';

let slack: FakeSlack;
beforeEach(async () => {
  slack = await new FakeSlack().open();
});
afterEach(() => slack.close());

const channel = { kind: 'slack', token: { secret: 'bot-token' }, channel: 'C0123456789' };
const tell = (situation: Partial<Situation> = {}) => notify(slack.url, { channel, ...situation });
const acknowledged = {
  key: 'c1-2-incidentAcknowledged',
  event: 'incidentAcknowledged',
  what: 'acknowledged by release-owner@example.com',
} as const;

describe('a Slack channel with a token', () => {
  it('has one thread an incident: its first message shows the present state, answers tell what happened', async () => {
    const { thread } = await tell();
    const state = { subject: { standing: 'acknowledged' } } as Situation['notification'];
    expect(await tell({ thread, notification: { ...acknowledged, ...state } })).toEqual({ thread });
    expect(slack.threads).toHaveLength(1);
    expect(slack.threads[0]?.text).toMatch(/^:eyes: \*SEV-1\* service in staging: no run starts\nacknowledged by/);
    expect(slack.replies(thread ?? '')).toEqual(['acknowledged by release-owner@example.com']);
    expect(slack.service.received[0]?.headers.authorization).toBe('Bearer value of bot-token');
  });

  it('takes no orders of foreign text: no mention, no link, no formatting, no line of its own', async () => {
    await tell({
      notification: {
        what: 'told by `x`\n*SEV-1 resolved* <!channel> <@U1> & <https://evil.example|here> lease_steals _now_',
        subject: { title: '<!here>\n:white_check_mark: *all is well*' } as never,
      },
    });
    const [{ text = '' } = {}] = slack.threads;
    expect(text).not.toMatch(/<[!@]|<h(?!ttps:\/\/temporal\.example\.com\/)|\*SEV-1 resolved\*|\*all is well|_now_/);
    expect(text).toContain('&lt;!channel&gt; &lt;@U1&gt; &amp; &lt;https://evil.example|here&gt; lease_steals');
    expect(text.split('\n')).toHaveLength(5);
  });

  it('says at the top why an incident may be none, and hides what looks like a credential', async () => {
    await tell({ notification: { caution: 'nobody could be asked', what: 'failed with password=hunter2222' } });
    const [{ text = '' } = {}] = slack.threads;
    expect(text.split('\n')[1]).toBe(':warning: nobody could be asked');
    expect(text).toContain('password=[secret]');
    expect(text).not.toContain('hunter2222');
  });

  it('keeps within the length of a message, whole lines left away', async () => {
    const facts = Array.from({ length: 20 }, (_, index) => ({ name: `fact ${index}`, text: '<'.repeat(500) }));
    await tell({ notification: { facts } });
    const [{ text = '' } = {}] = slack.threads;
    expect(text.length).toBeLessThanOrEqual(4_000);
    expect(text).toMatch(
      /`\.\/slipway incident show [^`]+`\n<https:\/\/temporal\.example\.com\/[^|]+\/user-metadata\|in Temporal>$/,
    );
    expect(text).not.toMatch(/&(?!(amp|lt|gt);)/);
  });

  it('finds the first message again whose answer was lost', async () => {
    slack.instead = () => 'lost';
    await expect(tell()).rejects.toMatchObject({ type: 'Unavailable' });
    slack.instead = () => null;
    expect(await tell({ attempt: 2 })).toEqual({ thread: slack.threads[0]?.ts });
    expect(slack.messages).toHaveLength(1);
  });

  it('finds an answer again that it has told already', async () => {
    const { thread } = await tell();
    slack.instead = (method) => (method === 'chat.postMessage' ? 'lost' : null);
    await expect(tell({ thread, notification: acknowledged })).rejects.toMatchObject({ type: 'Unavailable' });
    slack.instead = () => null;
    await tell({ thread, notification: acknowledged, attempt: 2 });
    expect(slack.replies(thread ?? '')).toHaveLength(1);
  });

  it('goes on in the thread of a first message that it was never told of', async () => {
    const { thread } = await tell();
    expect(await tell({ thread: null, mayBeTold: true, notification: acknowledged })).toEqual({ thread });
    expect(slack.threads).toHaveLength(1);
  });

  it('does not take the thread of another incident for its own', async () => {
    await tell();
    const other = { key: 'c2-1-incidentOpened', subject: { id: 'c2' } } as Situation['notification'];
    await tell({ attempt: 2, notification: other as object });
    expect(slack.threads).toHaveLength(2);
  });

  it('begins a new thread where somebody has deleted the first message', async () => {
    const { thread } = await tell({ thread: '1.000100', notification: acknowledged });
    expect(slack.threads.map(({ ts }) => ts)).toEqual([thread]);
  });

  it('answers in the thread although the first message may not be changed', async () => {
    const { thread } = await tell();
    slack.errors.set('chat.update', 'cant_update_message');
    await tell({ thread, notification: acknowledged });
    expect(slack.replies(thread ?? '')).toHaveLength(1);
  });

  it('tells it rather twice than never where the token may not look', async () => {
    slack.errors.set('conversations.history', 'missing_scope');
    await tell({ attempt: 2 });
    expect(slack.threads).toHaveLength(1);
  });

  it.each([
    ['ratelimited', 'Unavailable', false],
    ['internal_error', 'Unavailable', false],
    ['channel_not_found', 'Missing', true],
    ['not_in_channel', 'Missing', true],
    ['missing_scope', 'Denied', true],
    ['msg_too_long', 'BadRequest', true],
  ])('classifies %s', async (error, type, nonRetryable) => {
    slack.errors.set('chat.postMessage', error);
    await expect(tell()).rejects.toMatchObject({ type, nonRetryable, message: expect.stringContaining(error) });
  });

  it.each(refusals)('classifies a platform that %s', async (_what, reply, failure) => {
    slack.instead = () => reply;
    await expect(tell()).rejects.toMatchObject(failure);
  });

  it('waits as long as it is asked to', async () => {
    slack.instead = () => ({ status: 429, headers: { 'retry-after': '30' }, json: { ok: false } });
    await expect(tell()).rejects.toMatchObject({ type: 'Unavailable', nextRetryDelay: 30_000 });
  });

  it('does not wait for ever', async () => {
    slack.instead = () => 'hang';
    await expect(tell()).rejects.toMatchObject({ type: 'Unavailable', message: expect.stringContaining('timeout') });
  }, 20_000);

  it('has no secret in a failure, also if the platform echoes it', async () => {
    slack.instead = () => ({ status: 400, text: 'no such token: xoxb-1-secret' });
    const failure = await tell({ secrets: { 'bot-token': 'xoxb-1-secret' } }).catch((error: Error) => error);
    expect(failure).toMatchObject({ message: 'Slack (chat.postMessage) answered 400: no such token: [secret]' });
    expect((failure as Error).stack).not.toContain('xoxb');
  });
});

describe('a Slack channel with an incoming webhook', () => {
  const byWebhook = { kind: 'slackWebhook', webhook: { variable: 'SLIPWAY_SECRET_HOOK' } };
  const address = () => `${slack.url}/services/T1/B1/hidden-part`;
  const tellByWebhook = () =>
    notify(slack.url, { channel: byWebhook, secrets: { SLIPWAY_SECRET_HOOK: address() }, notification: acknowledged });

  it('gets a message an event, with the state', async () => {
    slack.service.reply = () => ({ status: 200, text: 'ok' });
    expect(await tellByWebhook()).toEqual({ thread: null });
    const [request] = slack.service.received;
    expect(request?.path).toBe('/services/T1/B1/hidden-part');
    expect(JSON.parse(request?.body ?? '')).toMatchObject({ text: expect.stringContaining('acknowledged by') });
  });

  it.each(refusals)('classifies a platform that %s, and never says its address', async (_what, reply, failure) => {
    slack.service.reply = () => reply;
    const error = await tellByWebhook().catch((thrown: unknown) => thrown);
    expect(error).toMatchObject(failure);
    expect(String(error)).not.toContain('hidden-part');
  });

  it('says which variable the worker misses', async () => {
    await expect(notify(slack.url, { channel: byWebhook })).rejects.toMatchObject({
      type: 'Missing',
      message: expect.stringContaining('SLIPWAY_SECRET_HOOK'),
    });
  });
});
