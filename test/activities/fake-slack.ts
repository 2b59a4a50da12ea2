import { ScriptedService, type ReceivedRequest, type Reply } from './gate-world.ts';

/** A message as Slack keeps it. */
export interface SlackMessage {
  ts: string;
  thread_ts?: string;
  text: string;
  metadata?: { event_type: string; event_payload: { subject: string; key: string } };
}

/** Slack's Web API with one channel in memory, on a real HTTP server. */
export class FakeSlack {
  readonly messages: SlackMessage[] = [];
  readonly service = new ScriptedService();
  /** Looks at a call after it took effect; what it answers is sent instead of the answer. */
  instead: (method: string) => Reply | null = () => null;
  /** Errors of methods: these calls have no effect. */
  readonly errors = new Map<string, string>();
  private clock = Math.floor(Date.now() / 1000);

  async open(): Promise<this> {
    this.service.reply = (request) => this.answer(request);
    await this.service.open();
    return this;
  }

  close(): void {
    this.service.close();
  }

  get url(): string {
    return this.service.url;
  }

  get threads(): SlackMessage[] {
    return this.messages.filter(({ thread_ts }) => thread_ts === undefined);
  }

  /** Texts of the answers in a thread. */
  replies(ts: string): string[] {
    return this.messages.filter(({ thread_ts }) => thread_ts === ts).map(({ text }) => text);
  }

  private answer({ path, body, headers }: ReceivedRequest): Reply {
    const method = path.replace('/api/', '');
    const error = this.errors.get(method);
    if (error !== undefined) return { status: 200, json: { ok: false, error } };
    const isForm = headers['content-type'] === 'application/x-www-form-urlencoded';
    const fields = (isForm ? Object.fromEntries(new URLSearchParams(body)) : JSON.parse(body)) as SlackMessage & {
      oldest?: string;
    };
    const json = this.take(method, fields);
    return this.instead(method) ?? { status: 200, json };
  }

  private take(method: string, fields: SlackMessage & { oldest?: string }): object {
    const isNew = ({ ts }: SlackMessage) => Number(ts) >= Number(fields.oldest);
    if (method === 'chat.postMessage') {
      const { text, thread_ts, metadata } = fields;
      const ts = `${(this.clock += 1)}.000100`;
      this.messages.push({ ts, text, ...(thread_ts && { thread_ts }), ...(metadata && { metadata }) });
      return { ok: true, ts, channel: 'C0123456789' };
    }
    if (method === 'chat.update') {
      const found = this.messages.find(({ ts }) => ts === fields.ts);
      if (!found) return { ok: false, error: 'message_not_found' };
      found.text = fields.text;
      return { ok: true, ts: found.ts };
    }
    if (method === 'conversations.history') return { ok: true, messages: this.threads.filter(isNew).toReversed() };
    const inThread = this.messages.filter(({ ts, thread_ts }) => ts === fields.ts || thread_ts === fields.ts);
    return { ok: true, messages: inThread.filter(isNew) };
  }
}
