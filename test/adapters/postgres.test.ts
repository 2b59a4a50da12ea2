import { createServer, type Server } from 'node:net';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createPostgres } from '../../activities/postgres/index.ts';
import { freePort, startPostgres, type TestPostgres } from '../sandbox/postgres.ts';

let postgres: TestPostgres;
let port: number;
const strangers: Server[] = [];

beforeAll(async () => {
  postgres = await startPostgres();
  port = Number(new URL(postgres.url).port);
  await postgres.createDatabase('shop_dev');
});
afterAll(async () => {
  for (const server of strangers) server.close();
  await postgres.stop();
});

const databases = createPostgres();
const server = (changes: object = {}) => ({
  host: '127.0.0.1',
  port,
  user: 'postgres',
  password: 'postgres' as string | null,
  ...changes,
});
const { signal } = new AbortController();

/** Answers whoever connects with these bytes, and ends the connection. */
const answering = async (bytes: Buffer): Promise<number> => {
  const stranger = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.once('data', () => socket.end(bytes));
  });
  strangers.push(stranger);
  const free = await freePort();
  await new Promise<void>((resolve) => stranger.listen(free, '127.0.0.1', resolve));
  return free;
};

/** An ErrorResponse of PostgreSQL's protocol (documentation, chapter 54, message formats). */
const errorResponse = (code: string, message: string): Buffer => {
  const fields = Buffer.from(`SFATAL\0VFATAL\0C${code}\0M${message}\0\0`);
  const length = Buffer.alloc(4);
  length.writeInt32BE(fields.length + 4);
  return Buffer.concat([Buffer.from('E'), length, fields]);
};

describe('a PostgreSQL that is asked over the wire', () => {
  it('accepts connections, and has those databases that are there', async () => {
    expect(await databases.readiness(server(), signal)).toEqual({ readiness: 'accepting connections', why: '' });
    expect(await databases.existing(server(), ['shop_test', 'shop_dev'], signal)).toEqual(['shop_dev']);
  });

  it.each([
    ['a wrong password', { password: 'wrong' }, /password authentication failed/],
    ['no password', { password: null }, /password/],
    ['an unknown user', { user: 'nobody' }, /authentication failed/],
  ])('accepts connections for %s, too, and refuses to list', async (_what, who, why) => {
    expect(await databases.readiness(server(who), signal)).toMatchObject({ readiness: 'accepting connections' });
    await expect(databases.existing(server(who), ['shop_dev'], signal)).rejects.toMatchObject({
      type: 'Denied',
      message: expect.stringMatching(why),
    });
  });

  it('rejects connections while it starts', async () => {
    const starting = await answering(errorResponse('57P03', 'the database system is starting up'));
    expect(await databases.readiness(server({ port: starting }), signal)).toEqual({
      readiness: 'rejecting connections',
      why: 'the database system is starting up',
    });
  });

  it('does not respond where nothing listens, or something else does', async () => {
    const nobody = await databases.readiness(server({ port: await freePort() }), signal);
    expect(nobody).toMatchObject({ readiness: 'no response', why: expect.stringContaining('ECONNREFUSED') });
    const web = await answering(Buffer.from('HTTP/1.1 400 Bad Request\r\n\r\n'));
    expect(await databases.readiness(server({ port: web }), signal)).toMatchObject({ readiness: 'no response' });
  });
});
