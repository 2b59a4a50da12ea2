import { once } from 'node:events';
import type { TestSandbox } from '../end-to-end/sandbox.ts';
import { spawnSlipway } from '../client/run-slipway.ts';

/** `./slipway board` of a sandbox as people start it, a process of its own. */
export class BoardProcess {
  readonly url: string;
  private readonly process: ReturnType<typeof spawnSlipway>;

  private constructor(process: ReturnType<typeof spawnSlipway>, url: string) {
    this.process = process;
    this.url = url;
  }

  /** Starts it and waits until it serves. */
  static async start({ description, catalogFolder }: Pick<TestSandbox, 'description' | 'catalogFolder'>) {
    const words = ['board', '--port', '0', '--dir', description.dir, '--catalog', catalogFolder];
    const process = spawnSlipway(words);
    let output = '';
    process.stdout.on('data', (chunk: Buffer) => (output += chunk.toString()));
    while (!output.includes('\n')) await once(process.stdout, 'data');
    return new BoardProcess(process, /http:\S+/.exec(output)?.[0] ?? '');
  }

  /** Ctrl-C; answers the exit code. */
  async stop(): Promise<number | undefined> {
    this.process.kill('SIGINT');
    return (await this.process).exitCode;
  }
}
