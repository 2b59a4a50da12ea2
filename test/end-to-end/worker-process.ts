import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { eventually } from '../until.ts';

const program = path.join(import.meta.dirname, '..', '..', 'worker', 'main.ts');
const readyWithinMs = 120_000;
const keptOutput = 200_000;

/** Workers that this process started and that have not ended, so that none outlives it. */
const alive = new Set<ChildProcess>();
process.once('exit', () => {
  for (const child of alive) child.kill('SIGKILL');
});

/** A worker as it is started by people: a process of its own, which a test may kill, stop and continue. */
export class WorkerProcess {
  private readonly child: ChildProcess;
  private output = '';

  private constructor(child: ChildProcess) {
    this.child = child;
    for (const stream of [child.stdout, child.stderr]) {
      stream?.setEncoding('utf8').on('data', (text: string) => {
        this.output = (this.output + text).slice(-keptOutput);
      });
    }
  }

  /** Starts a worker and waits until it says that it is ready. */
  static async start(environment: NodeJS.ProcessEnv): Promise<WorkerProcess> {
    const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program], {
      stdio: ['ignore', 'pipe', 'pipe'],
      env: { ...withoutTemporalVariables(), ...environment },
    });
    alive.add(child);
    child.once('exit', () => alive.delete(child));
    const worker = new WorkerProcess(child);
    await worker.ready();
    return worker;
  }

  get log(): string {
    return this.output;
  }

  /** SIGKILL: it gets no chance to say anything. */
  async kill(): Promise<void> {
    await this.end('SIGKILL');
  }

  /** SIGTERM: what is under way is given a moment. */
  async stop(): Promise<void> {
    await this.end('SIGTERM');
  }

  /** SIGSTOP: its sockets stay open, its work stands still. */
  pause(): void {
    this.child.kill('SIGSTOP');
  }

  resume(): void {
    this.child.kill('SIGCONT');
  }

  private async end(signal: NodeJS.Signals): Promise<void> {
    if (this.child.exitCode !== null || this.child.signalCode !== null) return;
    const exited = once(this.child, 'exit');
    this.child.kill(signal);
    await exited;
  }

  private async ready(): Promise<void> {
    const isReady = async () => {
      if (this.child.exitCode !== null) throw new Error(`the worker ended:\n${this.output}`);
      return this.output.includes('worker ready');
    };
    await eventually(() => `the worker never was ready:\n${this.output}`, isReady, readyWithinMs);
  }
}

/** A profile of whoever runs the tests must not lead the worker elsewhere. */
function withoutTemporalVariables(): NodeJS.ProcessEnv {
  return Object.fromEntries(Object.entries(process.env).filter(([name]) => !/^(TEMPORAL|SLIPWAY)_/.test(name)));
}
