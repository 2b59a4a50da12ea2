import type { SMTPTransportOptions } from 'nodemailer';
import type { ChannelOf } from '../../contract/catalog/notifications.ts';
import { recipientsOf } from '../../contract/notification.ts';
import { finalFailure } from '../failure.ts';
import { isLoopback } from '../loopback.ts';
import { oneLine } from '../one-line.ts';
import type { Delivery, Messenger } from '../ports/notifications.ts';
import { failureOfServer } from './failures.ts';
import { messageIds } from './message-id.ts';
import { bodyText, subjectLine } from './text.ts';

type EmailDelivery = Delivery<ChannelOf<'email'>>;

/** The port on which TLS begins with the connection (RFC 8314, 3.3). */
const implicitTlsPort = 465;
const connectMs = 10_000;
/** A server that examines a message may be quiet for long. Whoever does not wait sends it twice. */
const quietMs = 35_000;

/**
 * Tells people by SMTP. The Message-ID is made of the notification's key: what is repeated after a lost answer is the
 * same message to a server that drops duplicates, and comes twice through one that does not. `ca` are authorities that
 * are trusted besides the worker's own; tests have one.
 */
export function createEmail({ ca }: { ca?: string } = {}): Messenger<ChannelOf<'email'>> {
  return {
    async tell(delivery) {
      const { channel, link, notification, signal } = delivery;
      const place = `the mail server ${channel.host}:${channel.port}`;
      const to = recipientsOf(channel, notification);
      if (to.length === 0) throw finalFailure('Missing', 'nobody to send it to: no role that is asked has an address');
      // Loaded when it is first needed: most workers send no mail.
      const { createTransport } = await import('nodemailer');
      const transport = createTransport(await serverOf(delivery, ca));
      const { messageId, thread } = messageIds(notification, channel.from);
      try {
        const { rejected, rejectedErrors = [] } = await transport.sendMail({
          from: { name: 'Slipway', address: channel.from },
          to: to.map((address) => ({ name: '', address })),
          subject: subjectLine(notification),
          text: bodyText(notification, link),
          messageId,
          inReplyTo: thread,
          references: thread,
          // Keeps other programs from answering it (RFC 3834).
          headers: { 'Auto-Submitted': 'auto-generated' },
          disableFileAccess: true,
          disableUrlAccess: true,
          signal,
        });
        const whys = rejectedErrors.map(({ response, message }) => oneLine(response ?? message));
        return { thread: null, missed: rejected.map((address, index) => `${address}: ${whys[index] ?? 'refused'}`) };
      } catch (error) {
        signal.throwIfAborted();
        throw failureOfServer(place, error);
      } finally {
        transport.close();
      }
    },
  };
}

async function serverOf({ channel, secret }: EmailDelivery, ca: string | undefined): Promise<SMTPTransportOptions> {
  const { host, login, port } = channel;
  const isLocal = isLoopback(host);
  return {
    host,
    port,
    secure: port === implicitTlsPort,
    // What does not leave the machine needs no certificate.
    ...(isLocal ? { ignoreTLS: true } : { requireTLS: true }),
    tls: { minVersion: 'TLSv1.2', ...(ca !== undefined && { ca }) },
    connectionTimeout: connectMs,
    greetingTimeout: connectMs,
    dnsTimeout: connectMs,
    socketTimeout: quietMs,
    socketCloseTimeout: 0,
    ...(login && { auth: { user: await secret(login.user), pass: await secret(login.password) } }),
  };
}
