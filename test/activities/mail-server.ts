import type { AddressInfo, Socket } from 'node:net';
import { text } from 'node:stream/consumers';
import { SMTPServer, type SMTPServerOptions } from 'smtp-server';

/** A message as the server has taken it. */
export interface ReceivedMail {
  to: string[];
  /** Header fields by their names in lower case, unfolded. */
  headers: Record<string, string>;
  /** The text, decoded. */
  body: string;
  /** The source, as it came over the wire. */
  source: string;
  isEncrypted: boolean;
  user: string;
}

/** What becomes of a message after the server has all of it; `lost` is taken in, and its answer never comes. */
export type MailAnswer = 'taken' | 'lost' | 'hang' | { code: number; text: string };

/** A real SMTP server that a test scripts, and that remembers what it took. */
export class MailServer {
  readonly received: ReceivedMail[] = [];
  answer: () => MailAnswer = () => 'taken';
  /** Refuses a recipient with a code; null takes them. */
  recipient: (address: string) => number | null = () => null;
  /** True to accept connections and say nothing. */
  isSilent = false;
  port = 0;
  private readonly server: SMTPServer;
  private readonly sockets = new Set<Socket>();

  constructor(options: SMTPServerOptions = {}) {
    this.server = new SMTPServer({
      authOptional: true,
      disabledCommands: ['STARTTLS'],
      allowInsecureAuth: true,
      disableReverseLookup: true,
      logger: false,
      onConnect: (_session, done) => {
        if (!this.isSilent) done();
      },
      onAuth: ({ username = '', password = '' }, _session, done) =>
        password === 'right-password'
          ? done(null, { user: username })
          : done(Object.assign(new Error(`wrong password ${password}`), { responseCode: 535 })),
      onRcptTo: ({ address }, _session, done) => {
        const code = this.recipient(address);
        done(code === null ? null : Object.assign(new Error(`${address} not here`), { responseCode: code }));
      },
      onData: (stream, session, done) => {
        void text(stream).then((source) => {
          const answer = this.answer();
          const isTaken = answer === 'taken' || answer === 'lost';
          const to = session.envelope.rcptTo.map(({ address }) => address);
          const { secure: isEncrypted = false, user } = session;
          if (isTaken) this.received.push({ ...parsed(source), to, source, isEncrypted, user: String(user ?? '') });
          if (answer === 'lost') for (const socket of this.sockets) socket.destroy();
          else if (answer === 'taken') done();
          else if (answer !== 'hang') done(Object.assign(new Error(answer.text), { responseCode: answer.code }));
        });
      },
      ...options,
    });
    // A connection that breaks is part of the situation.
    this.server.on('error', () => undefined);
    this.server.server.on('connection', (socket: Socket) => this.sockets.add(socket));
  }

  /** Listens on every address, so that it can be reached under one that is not a loopback address, too. */
  async open(): Promise<this> {
    await new Promise<void>((resolve) => this.server.listen(0, '0.0.0.0', resolve));
    this.port = (this.server.server.address() as AddressInfo).port;
    return this;
  }

  async close(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    await new Promise<void>((resolve) => this.server.close(() => resolve()));
  }
}

function parsed(source: string): Pick<ReceivedMail, 'headers' | 'body'> {
  const end = source.indexOf('\r\n\r\n');
  const fields = source
    .slice(0, end)
    .replace(/\r\n[ \t]+/g, ' ')
    .split('\r\n');
  const headers = Object.fromEntries(
    fields.map((line) => [line.slice(0, line.indexOf(':')).toLowerCase(), line.slice(line.indexOf(':') + 1).trim()]),
  );
  const encoded = source.slice(end + 4);
  const encoding = headers['content-transfer-encoding'];
  const body =
    encoding === 'base64'
      ? Buffer.from(encoded, 'base64').toString()
      : encoding === 'quoted-printable'
        ? Buffer.from(
            encoded
              .replace(/=\r\n/g, '')
              .replace(/=([0-9A-F]{2})/g, (_all, hex: string) => String.fromCharCode(Number.parseInt(hex, 16))),
            'latin1',
          ).toString()
        : encoded;
  return { headers, body: body.replaceAll('\r\n', '\n') };
}
