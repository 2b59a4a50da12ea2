import type { Connected } from '../api/connection.ts';
import type { SlipwayClient } from '../api/slipway-client.ts';
import type { Output } from './output.ts';

/** Gives a command its output, its environment, and Temporal once it asks for it. */
export interface Session {
  output: Output;
  /** Aborted by the first Ctrl-C; a second one ends the process. */
  interrupted: AbortSignal;
  environment: NodeJS.ProcessEnv;
  /** The folder of another sandbox, by --dir. */
  dir: string | undefined;
  /** Connects at the first call. Throws what `connect` throws. */
  slipway(): Promise<SlipwayClient>;
  close(): Promise<void>;
}

interface SessionOptions {
  output: Output;
  interrupted: AbortSignal;
  dir?: string;
  environment?: NodeJS.ProcessEnv;
}

/** Opens the session of one command; the caller closes it. */
export function openSession({ output, interrupted, dir, environment = process.env }: SessionOptions): Session {
  let connection: Promise<Connected> | undefined;
  const connected = async (): Promise<Connected> => {
    connection ??= announce(output, connectNow(dir, environment));
    return connection;
  };
  return {
    output,
    interrupted,
    environment,
    dir,
    slipway: async () => {
      const [{ client, ...server }, { SlipwayClient }] = await Promise.all([
        connected(),
        import('../api/slipway-client.ts'),
      ]);
      return new SlipwayClient(client, server);
    },
    close: async () => {
      // A connection that failed was reported already.
      const open = await connection?.catch(() => undefined);
      await open?.close();
    },
  };
}

/** Loads Temporal's client, which takes longer than all else of a command, only for who asks for it. */
async function connectNow(dir: string | undefined, environment: NodeJS.ProcessEnv): Promise<Connected> {
  const { connect } = await import('../api/connection.ts');
  return connect(dir, environment);
}

/** Tells a person which Temporal the command talks to; a script's log need not know. */
async function announce(output: Output, connecting: Promise<Connected>): Promise<Connected> {
  const connected = await connecting;
  if (process.stderr.isTTY)
    output.note(`Temporal at ${connected.options.address}, namespace ${connected.namespace} (${connected.source})`);
  return connected;
}
