import { createHmac } from 'node:crypto';
import dns from 'node:dns';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { ScriptedService } from './gate-world.ts';
import { notify, refusals, type Situation } from './notifications.ts';

type Found = (error: null, addresses: { address: string; family: number }[]) => void;

let service: ScriptedService;
beforeEach(async () => {
  service = await new ScriptedService().open();
});
afterEach(() => service.close());

const tell = (channel: object = {}, situation: Partial<Situation> = {}) =>
  notify(service.url, { channel: { kind: 'webhook', url: `${service.url}/hook`, ...channel }, ...situation });

describe('a webhook', () => {
  it('gets the notification as JSON; a repeat has the same key', async () => {
    expect(await tell()).toEqual({ thread: null });
    await tell({}, { attempt: 2 });
    const [first, second] = service.received;
    expect(first).toMatchObject({ method: 'POST', path: '/hook' });
    expect(JSON.parse(first?.body ?? '')).toMatchObject({
      version: 1,
      key: 'c1-1-incidentOpened',
      event: 'incidentOpened',
      subject: { kind: 'incident', id: 'c1', severity: 'SEV-1', standing: 'open' },
    });
    const keys = [first, second].map((request) => request?.headers['idempotency-key']);
    expect(keys).toEqual(['c1-1-incidentOpened', 'c1-1-incidentOpened']);
    expect(first?.headers['webhook-id']).toBe('c1-1-incidentOpened');
    expect(first?.headers['webhook-signature']).toBeUndefined();
  });

  it.each([
    ['in base64', `whsec_${Buffer.from('a key of the tests').toString('base64')}`, 'a key of the tests'],
    ['as it stands', 'another key', 'another key'],
  ])('can be verified by a key %s (Standard Webhooks)', async (_how, secret, key) => {
    await tell({ signature: { secret: 'hook-key' } }, { secrets: { 'hook-key': `${secret}\n` } });
    const [{ headers = {}, body = '' } = {}] = service.received;
    const signed = `${String(headers['webhook-id'])}.${String(headers['webhook-timestamp'])}.${body}`;
    const expected = createHmac('sha256', key).update(signed).digest('base64');
    expect(headers['webhook-signature']).toBe(`v1,${expected}`);
  });

  it('may have a secret for an address, which no failure says', async () => {
    service.reply = () => ({ status: 400, text: '' });
    const url = { secret: 'hook-address' };
    const secrets = { 'hook-address': `${service.url}/hook?key=hidden-part` };
    const error = await tell({ url }, { secrets }).catch((thrown: unknown) => thrown);
    expect(service.received[0]?.path).toBe('/hook?key=hidden-part');
    expect(String(error)).toMatch(/^ApplicationFailure: the webhook at 127\.0\.0\.1:\d+ answered 400$/);
    const wrong = tell({ url }, { secrets: { 'hook-address': 'hidden-part' } });
    await expect(wrong).rejects.toMatchObject({ type: 'BadRequest', message: expect.not.stringContaining('hidden') });
  });

  it.each(['http://169.254.169.254/hook', 'http://metadata.google.internal/hook', 'http://[fd20:ce::254]/hook'])(
    'is never %s, which hands out credentials, and no repeat is worth a try',
    async (url) => {
      const failure = { type: 'BadRequest', nonRetryable: true, message: expect.stringContaining('an address of') };
      await expect(tell({ url })).rejects.toMatchObject(failure);
      await expect(tell({ url: { secret: 'a' } }, { secrets: { a: url } })).rejects.toMatchObject(failure);
    },
  );

  it('is reached at the very address that was checked: a name may stand for another one a moment later', async () => {
    const answers = ['127.0.0.1', '169.254.169.254'];
    const lookups = vi
      .spyOn(dns, 'lookup')
      .mockImplementation(((_host: string, _options: object, callback: Found) =>
        callback(null, [{ address: answers.shift() ?? '', family: 4 }])) as never);
    const { port } = new URL(service.url);
    const url = `http://hooks.example.com:${port}/hook`;
    expect(await tell({ url })).toEqual({ thread: null });
    expect(lookups).toHaveBeenCalledTimes(1);
    await expect(tell({ url })).rejects.toMatchObject({ message: expect.stringContaining('an address of') });
    expect(service.received).toHaveLength(1);
    lookups.mockRestore();
  });

  it.each(refusals)('classifies a receiver that %s', async (_what, reply, failure) => {
    service.reply = () => reply;
    await expect(tell()).rejects.toMatchObject(failure);
    expect(service.received).toHaveLength(1);
  });

  it.each([
    ['7', 7_000],
    ['86400', 600_000],
    [new Date(Date.now() - 60_000).toUTCString(), 1_000],
  ])('waits before the next try as its answer says: %s', async (header, nextRetryDelay) => {
    service.reply = () => ({ status: 503, headers: { 'retry-after': header } });
    await expect(tell()).rejects.toMatchObject({ nextRetryDelay });
  });
});
