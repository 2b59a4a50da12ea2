import { connect, type Connected } from '../api/connection.ts';
import type { Output } from './output.ts';
import { SlipwayClient } from '../api/slipway-client.ts';

/** What every command is given: where to write, and Temporal once it asks for it. */
export interface Session {
  output: Output;
  /** Aborted by the first Ctrl-C; a second one ends the process. */
  interrupted: AbortSignal;
  environment: NodeJS.ProcessEnv;
  /** The folder of another sandbox, by --dir. */
  dir: string | undefined;
  slipway(): Promise<SlipwayClient>;
  connected(): Promise<Connected>;
  close(): Promise<void>;
}

interface SessionOptions {
  output: Output;
  interrupted: AbortSignal;
  dir?: string;
  environment?: NodeJS.ProcessEnv;
}

export function openSession({ output, interrupted, dir, environment = process.env }: SessionOptions): Session {
  let connection: Promise<Connected> | undefined;
  const connected = async (): Promise<Connected> => {
    connection ??= announced(output, connect(dir, environment));
    return connection;
  };
  return {
    output,
    interrupted,
    environment,
    dir,
    connected,
    slipway: async () => {
      const { client, ui, namespace } = await connected();
      return new SlipwayClient(client, { ui, namespace });
    },
    close: async () => {
      // A connection that never came about has said so already.
      const open = await connection?.catch(() => undefined);
      await open?.close();
    },
  };
}

/** A person should know which Temporal a command talks to; a script's log need not. */
async function announced(output: Output, connecting: Promise<Connected>): Promise<Connected> {
  const connected = await connecting;
  if (process.stderr.isTTY)
    output.note(`Temporal at ${connected.options.address}, namespace ${connected.namespace} (${connected.source})`);
  return connected;
}
