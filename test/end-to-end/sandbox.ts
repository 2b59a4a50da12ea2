import { execFile } from 'node:child_process';
import { mkdtemp, mkdir, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { Client, Connection } from '@temporalio/client';
import { scenarioCommits } from '../../sandbox/repositories.ts';
import { up, type RunningSandbox } from '../../sandbox/up.ts';
import type { SandboxDescription } from '../../sandbox/description.ts';
import { PlatformByHand } from './by-hand.ts';
import { callsOf, effective, readCallLog, type Call } from './call-log.ts';
import { SandboxControl, type Quotas, type Tempo } from './control.ts';
import { Estate, type EstateOptions } from './estate.ts';
import { Runs } from './runs.ts';
import { WorkerProcess } from './worker-process.ts';

/** Quick, but no operation is done when its call returns. */
const quickTempo: Required<Tempo> = {
  operationMs: 250,
  callMs: 1,
  listLagMs: 0,
  executionLagMs: 0,
  jobLagMs: 0,
  secretLagMs: 0,
  logDelayMs: 0,
  buildMs: 200,
};

const noQuotas: Required<Quotas> = { 'run-reads': null, 'run-writes': null, 'log-reads': null, minuteMs: 60_000 };

/**
 * A whole sandbox of its own in a temporary folder, for the situations of one file: real Temporal, PostgreSQL and
 * emulator processes, without the sample services; a situation brings its own estate. Ends with the process that
 * opened it, however that ends.
 */
export class TestSandbox {
  readonly description: SandboxDescription;
  readonly platform: PlatformByHand;
  readonly control: SandboxControl;
  readonly runs: Runs;
  private readonly running: RunningSandbox;
  private readonly folder: string;
  private readonly commits: Record<string, Record<string, string>>;
  private readonly workers: WorkerProcess[] = [];

  private constructor(
    running: RunningSandbox,
    folder: string,
    connection: Connection,
    commits: Record<string, Record<string, string>>,
  ) {
    this.running = running;
    this.folder = folder;
    this.commits = commits;
    this.description = running.description;
    const { grpc, http, project, region } = this.cloud;
    this.platform = new PlatformByHand({ grpc, http, project, region });
    this.control = new SandboxControl(http);
    this.runs = new Runs(new Client({ connection }));
  }

  /** With these sample services as a person's sandbox has them, traffic included; none without names. */
  static async open(services?: string[], parts: string[] = []): Promise<TestSandbox> {
    const folder = await mkdtemp(path.join(tmpdir(), 'slipway-test-'));
    await mkdir(path.join(folder, 'catalog'));
    const running = await up({
      dir: path.join(folder, 'sandbox'),
      ...(services ? { services } : { empty: true }),
      with: parts,
    });
    return TestSandbox.of(running, folder);
  }

  /** The same of a sandbox that is up; `folder` has its catalog, and goes with it. */
  static async of(running: RunningSandbox, folder: string): Promise<TestSandbox> {
    const [connection, commits] = await Promise.all([
      Connection.connect({ address: running.description.temporal?.address ?? '' }),
      scenarioCommits(),
    ]);
    const sandbox = new TestSandbox(running, folder, connection, commits);
    await sandbox.reset();
    return sandbox;
  }

  get cloud(): NonNullable<SandboxDescription['cloud']> {
    const { cloud } = this.description;
    if (!cloud) throw new Error('the sandbox has no cloud');
    return cloud;
  }

  async estate(options: EstateOptions): Promise<Estate> {
    const { postgres } = this.description;
    return Estate.create(options, {
      platform: this.platform,
      postgres: postgres?.url ?? '',
      catalogFolder: this.catalogFolder,
      commits: this.commits['openagents-runtime'] ?? {},
    });
  }

  /** Starts a worker, with variables of its own if a test gives some. */
  async worker(variables: NodeJS.ProcessEnv = {}): Promise<WorkerProcess> {
    const worker = await WorkerProcess.start({
      SLIPWAY_SANDBOX_DIR: this.description.dir,
      SLIPWAY_CATALOG: this.catalogFolder,
      SLIPWAY_LOG: process.env['SLIPWAY_LOG'] ?? 'info',
      ...variables,
    });
    this.workers.push(worker);
    return worker;
  }

  /** Runs a command line as a person pastes it, with `temporal` on the path. Answers what it printed. */
  async shell(command: string): Promise<string> {
    const { cli = '', address = '' } = this.description.temporal ?? {};
    const env = { PATH: `${path.dirname(cli)}:${process.env['PATH'] ?? ''}`, HOME: this.folder, ADDRESS: address };
    const { stdout } = await promisify(execFile)('/bin/sh', ['-c', command], { env, timeout: 120_000 });
    return stdout;
  }

  /** What its workers have written, the newest part of each. */
  get workerLog(): string {
    return this.workers.map(({ log }) => log).join('\n');
  }

  async calls(): Promise<Call[]> {
    return readCallLog(this.cloud.callLog);
  }

  /** The commit of a sample service's scenario. */
  commitOf(service: string, scenario: string): string {
    const commit = this.commits[service]?.[scenario];
    if (!commit) throw new Error(`${service} has no scenario ${scenario}`);
    return commit;
  }

  /** Steps of a change that changed the platform, in order. */
  async stepsWritten(change: string): Promise<string[]> {
    return effective(callsOf(await this.calls(), change)).map(({ markers }) => markers.step ?? '');
  }

  /** Plays something and answers the calls that changed the platform meanwhile, whoever made them. */
  async writesDuring(play: () => Promise<unknown>): Promise<Call[]> {
    const before = (await this.calls()).length;
    await play();
    return effective((await this.calls()).slice(before));
  }

  /** No faults, no quotas, all permissions, the usual tempo. */
  async reset(): Promise<void> {
    await this.control.clearFaults();
    await this.control.clearDenials();
    await this.control.tune(quickTempo);
    await this.control.enter('recorded');
    await this.control.setQuotas(noQuotas);
  }

  async close(): Promise<void> {
    await Promise.allSettled(this.workers.map((worker) => worker.kill()));
    await Promise.allSettled([this.platform.close(), this.runs.client.connection.close()]);
    await this.running.stop();
    await rm(this.folder, { recursive: true, force: true });
  }

  get catalogFolder(): string {
    return path.join(this.folder, 'catalog');
  }
}
