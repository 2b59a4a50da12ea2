import { spawn } from 'node:child_process';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { open, readFile, rename, stat } from 'node:fs/promises';
import { setTimeout as sleep } from 'node:timers/promises';
import type { Children } from './leftovers.ts';

/** One process of the sandbox. */
export interface ChildSpec {
  name: string;
  command: string;
  args: string[];
  env?: NodeJS.ProcessEnv;
  uid?: number;
  gid?: number;
  /** The signal that asks it to end. */
  stopSignal: NodeJS.Signals;
  /** Its output goes here: a file, so that it does not depend on who started it. */
  log: string;
  /** Answers whether the process serves now. Asked again and again. */
  answers: () => Promise<boolean>;
}

export interface Supervision {
  children: Children;
  say: (line: string) => void;
  /** The process serves, for the first time or again. */
  onServing: (pid: number) => Promise<void>;
}

const readyWithinMs = 60_000;
const askEveryMs = 40;
const stopWithinMs = 15_000;
const firstPauseMs = 200;
const maxPauseMs = 15_000;
/** A process that served this long is not in a crash loop. */
const soundAfterMs = 30_000;
const maxLogBytes = 20_000_000;
const shownLines = 12;

const setLargeLogAside = async (file: string): Promise<void> => {
  const bytes = await stat(file).then(
    ({ size }) => size,
    () => 0,
  );
  if (bytes > maxLogBytes) await rename(file, `${file}.1`);
};

/** A child process that is started again, with growing pauses, whenever it ends without being asked to. */
export class SupervisedChild {
  readonly #spec: ChildSpec;
  readonly #supervision: Supervision;
  #process: ChildProcess | undefined;
  #ended: Promise<unknown> = Promise.resolve();
  #stopping = false;
  readonly #wake = new AbortController();

  constructor(spec: ChildSpec, supervision: Supervision) {
    this.#spec = spec;
    this.#supervision = supervision;
  }

  get pid(): number | undefined {
    return this.#process?.pid;
  }

  /** Starts the process and waits until it serves. Throws with the end of its log when it does not come up. */
  async start(): Promise<void> {
    await this.#launch();
    void this.#keepUp();
  }

  async stop(): Promise<void> {
    this.#stopping = true;
    this.#wake.abort();
    const running = this.#process;
    if (running?.exitCode !== null || running.signalCode !== null) return;
    running.kill(this.#spec.stopSignal);
    const timer = setTimeout(() => running.kill('SIGKILL'), stopWithinMs);
    await this.#ended;
    clearTimeout(timer);
    await this.#supervision.children.remove(this.#spec.name);
  }

  async #launch(): Promise<void> {
    const { name, command, args, env, uid, gid, log, stopSignal } = this.#spec;
    await setLargeLogAside(log);
    const output = await open(log, 'a');
    const logStart = (await output.stat()).size;
    try {
      if (this.#stopping) throw new Error(`${name} is being stopped`);
      this.#process = spawn(command, args, {
        env: env ?? process.env,
        uid,
        gid,
        stdio: ['ignore', output.fd, output.fd],
      });
      this.#ended = once(this.#process, 'close').catch(() => {});
      await once(this.#process, 'spawn');
    } finally {
      await output.close();
    }
    const { pid } = this.#process;
    if (pid !== undefined) await this.#supervision.children.add(name, pid, stopSignal);
    await this.#untilServing(logStart);
    if (pid !== undefined) await this.#supervision.onServing(pid);
  }

  async #untilServing(logStart: number): Promise<void> {
    const until = Date.now() + readyWithinMs;
    while (!(await this.#spec.answers())) {
      const { exitCode, signalCode } = this.#process ?? {};
      const ended = exitCode ?? signalCode ?? undefined;
      if (ended === undefined && Date.now() < until && !this.#stopping) {
        await sleep(askEveryMs);
        continue;
      }
      const what = ended === undefined ? `did not answer within ${readyWithinMs / 1_000} s` : `ended with ${ended}`;
      this.#process?.kill('SIGKILL');
      throw new Error(`${this.#spec.name} ${what}. From ${this.#spec.log}:\n${await this.#endOfLog(logStart)}`);
    }
  }

  async #endOfLog(from: number): Promise<string> {
    const text = (await readFile(this.#spec.log)).subarray(from).toString();
    return text
      .trimEnd()
      .split('\n')
      .slice(-shownLines)
      .map((line) => `  ${line}`)
      .join('\n');
  }

  async #keepUp(): Promise<void> {
    let pauseMs = firstPauseMs;
    for (;;) {
      const servingSince = Date.now();
      await this.#ended;
      if (this.#stopping) return;
      if (Date.now() - servingSince > soundAfterMs) pauseMs = firstPauseMs;
      const { exitCode, signalCode } = this.#process ?? {};
      this.#supervision.say(
        `${this.#spec.name} ended with ${exitCode ?? signalCode}, starting it again in ${pauseMs / 1_000} s`,
      );
      await sleep(pauseMs, undefined, { signal: this.#wake.signal }).catch(() => {});
      if (this.#stopping) return;
      pauseMs = Math.min(pauseMs * 2, maxPauseMs);
      await this.#launch().then(
        () => this.#supervision.say(`${this.#spec.name} answers again`),
        (error: unknown) => this.#supervision.say(error instanceof Error ? error.message : String(error)),
      );
    }
  }
}
