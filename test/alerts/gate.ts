import { once } from 'node:events';
import { createServer, request, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { text } from 'node:stream/consumers';

/** A body that Alertmanager sent, as far as the tests look at it. */
export interface SentBody {
  /** Where the one that sends it is reached. */
  externalURL: string;
  status: string;
  groupKey: string;
  notification_reason?: string;
  truncatedAlerts: number;
  alerts: { status: string; labels: Record<string, string> }[];
}

/** One try of Alertmanager; `status` is null where the connection was closed without an answer. */
export interface Try {
  at: number;
  body: SentBody;
  status: number | null;
}

/** What the gate does with a try: `refuse` changes the token, the others close the connection. */
export type Passage = 'pass' | 'refuse' | 'closed' | 'halfBody' | 'noAnswer';

/** Stands between Alertmanager and the receiver, and writes down every try. */
export interface Gate {
  url: string;
  tries: Try[];
  /** Where the receiver listens. */
  target: string;
  passage: Passage;
  /** Called once half a body, or a body whose answer is held back, is with the receiver. */
  atReceiver: () => Promise<void>;
  close(): void;
}

export async function openGate(): Promise<Gate> {
  const server = createServer((message, response) => void handle(message, response));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const gate: Gate = {
    url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1/alerts`,
    tries: [],
    target: '',
    passage: 'pass',
    atReceiver: async () => undefined,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
  const handle = async (message: IncomingMessage, response: ServerResponse): Promise<void> => {
    const body = await text(message);
    const status = await passOn(gate, message, body);
    gate.tries.push({ at: performance.now(), body: JSON.parse(body) as SentBody, status });
    if (status === null) return void message.socket.destroy();
    response.writeHead(status).end();
  };
  return gate;
}

async function passOn(gate: Gate, { headers }: IncomingMessage, body: string): Promise<number | null> {
  const { passage } = gate;
  if (passage === 'closed') return null;
  const authorization = passage === 'refuse' ? 'Bearer of-somebody-else' : headers.authorization;
  const posting = request(gate.target, {
    method: 'POST',
    headers: { authorization, 'content-type': headers['content-type'], 'content-length': Buffer.byteLength(body) },
  });
  const answered = once(posting, 'response') as Promise<[IncomingMessage]>;
  answered.catch(() => undefined);
  if (passage === 'halfBody') {
    await new Promise((resolve) => posting.write(body.slice(0, body.length / 2), resolve));
    await gate.atReceiver();
    posting.destroy();
    return null;
  }
  posting.end(body);
  const response = await answered.then(
    ([one]) => one.resume(),
    () => null,
  );
  if (passage !== 'noAnswer') return response?.statusCode ?? null;
  await gate.atReceiver();
  return null;
}
