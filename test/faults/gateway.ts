import { once } from 'node:events';
import { connect, createServer, type AddressInfo, type Socket } from 'node:net';

/** The only way of a worker to one port of the platform. It can be shut, so that each connection is refused. */
export class Gateway {
  readonly port: number;
  private readonly target: number;
  private readonly sockets = new Set<Socket>();
  private readonly server = createServer((socket) => {
    const onward = connect(this.target, '127.0.0.1');
    for (const [one, other] of [
      [socket, onward],
      [onward, socket],
    ] as const) {
      this.sockets.add(one);
      one.once('close', () => {
        this.sockets.delete(one);
        other.destroy();
      });
      one.on('error', () => one.destroy());
      one.pipe(other);
    }
  });

  private constructor(target: number, port: number) {
    this.target = target;
    this.port = port;
  }

  /** Opens a way to a port of this machine, under a port that nobody else has. */
  static async open(target: number): Promise<Gateway> {
    const free = createServer().listen(0, '127.0.0.1');
    await once(free, 'listening');
    const { port } = free.address() as AddressInfo;
    await closed(free);
    const gateway = new Gateway(target, port);
    await gateway.open();
    return gateway;
  }

  async open(): Promise<void> {
    this.server.listen(this.port, '127.0.0.1');
    await once(this.server, 'listening');
  }

  /** Breaks what is connected, and refuses what comes. */
  async shut(): Promise<void> {
    for (const socket of this.sockets) socket.destroy();
    if (this.server.listening) await closed(this.server);
  }
}

async function closed(server: ReturnType<typeof createServer>): Promise<void> {
  const end = once(server, 'close');
  server.close();
  await end;
}
