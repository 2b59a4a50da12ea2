import { isDeepStrictEqual } from 'node:util';
import { ApplicationFailure } from '@temporalio/common';
import { targetKinds, type TargetKindName } from '../../contract/catalog/targets/index.ts';
import { compareFences, type Fence, type Marker } from '../../contract/fence.ts';
import type { Instance } from '../../contract/drill.ts';
import type { HealthCheck, LiveState, OtherJobs, Snapshot } from '../../contract/live.ts';
import type { Instances } from '../../activities/ports/instances.ts';
import type { LogEntry } from '../../activities/ports/platform.ts';
import type { KnownRevision, OutputLine, Target } from '../../activities/ports/target.ts';
import { commitOf, commits, liveState, logEntry } from './samples.ts';

/**
 * A platform that is kept in memory: it records every write, and a test makes single methods fail. It keeps the fence
 * and the key like a real one does.
 */
export class FakePlatform {
  readonly writes: { method: string; marker: Marker }[] = [];
  /** Replaces the answer of one method once for each entry. */
  readonly failures = new Map<string, unknown[]>();
  /** Outcome of each migration command, in order; succeeded when used up. */
  readonly migrationOutcomes: ('succeeded' | 'failed')[] = [];
  /** Outcome of each smoke job, in order; succeeded when used up. */
  readonly smokeOutcomes: ('succeeded' | 'failed')[] = [];
  /** Outcome of each program of evidence, in order; succeeded when used up. */
  readonly programOutcomes: ('succeeded' | 'failed')[] = [];
  /** Programs that jobs have run, in order. */
  readonly commands: string[] = [];
  /** Variables that the last smoke job was given. */
  smokeVariables: Record<string, string> = {};
  /** Variables that the last program of evidence was given, and what each of them writes, in order. */
  programVariables: Record<string, string> = {};
  readonly programOutputs: OutputLine[][] = [];
  /** What the settings of the smoke job and of the job of evidence had to be, by the last sync of each. */
  readonly expectedJobs: OtherJobs = {};
  logEntries: LogEntry[] = [];
  /** What a read-back finds between two writes of a change, such as a template that does not serve. */
  halfway: string[] = [];
  obstacles: string[] = [];
  /** What somebody else has changed, and what of it the next release would overwrite. */
  foreign: string[] = [];
  contested: string[] = [];
  /** How settings of what serves differ from the ledger's revision. */
  otherSettings: string[] = [];
  /** The versions of secrets that what serves reads, by variable; those of a candidate that has no traffic yet. */
  readonly secretVersions: Record<string, string> = { DATABASE_URL: '1', SIGNATURE_SECRET: '1' };
  private stagedVersions: Record<string, string> = {};
  /** What else reads a version of a secret, by `secret/version`. */
  readonly otherReaders = new Map<string, string[]>();
  /** What each write was told to overwrite, by its method. */
  readonly forced: [method: string, lines: readonly string[]][] = [];
  /** What the next looks find under way, one each. */
  readonly changing: string[] = [];
  checks: HealthCheck[] = [{ name: 'pods', verdict: 'pass', reason: '3 of 3 pods are ready' }];
  /** The revisions that the platform still has. */
  revisions: KnownRevision[] = [];
  live = liveState('service-1', commits.old);
  url = '';
  /** What is under way at the target, one line each. */
  pendingWork: string[] = [];
  /** The instances that serve, and the ids of those that were ended. */
  pods: Instance[] = ['service-1', 'service-0'].map((name) => ({ name, id: `${name}-first` }));
  readonly ended: string[] = [];
  /** Called when an instance was ended. */
  onEnd: () => void = () => undefined;
  /** Methods that do not answer; those that have applied what they were asked for are in `loses`. */
  readonly away = new Set<string>();
  readonly loses = new Set<string>();
  private readonly held = new Map<string, (Promise<void> | undefined)[]>();
  private readonly waiting = new Set<string>();
  private fence: Fence = { number: 0, sequence: 0 };

  /** What was written, in order; by one change where it is named. */
  methods(change?: string): string[] {
    return this.writes
      .filter(({ marker }) => change === undefined || marker.change === change)
      .map(({ method }) => method);
  }

  /** The changes that wrote so. */
  changesThat(method: string): string[] {
    return this.writes.filter((write) => write.method === method).map(({ marker }) => marker.change);
  }

  /** The name that the platform gives the next revision; null where it has the candidate's. */
  nameOfNextRevision: string | null = null;

  /** Somebody changes the live service by hand. */
  changeByHand(): void {
    this.live = { ...this.live, traffic: [{ revision: 'service-1', percent: 100, tag: null }], key: 'by hand' };
  }

  /** The next migration fails, and its log has arrived: it says nothing of an older image. */
  failNextMigration(why = 'syntax error'): void {
    this.migrationOutcomes.push('failed');
    this.logEntries = [logEntry(why), logEntry('Container called exit(1).')];
  }

  /** The next call of a port's method waits until the answer is called. */
  holdNext(method: string): () => void {
    return this.holdNth(method, 1);
  }

  /** A later call of a port's method waits until the answer is called; those before it do not. */
  holdNth(method: string, nth: number): () => void {
    const { promise, resolve } = Promise.withResolvers<void>();
    this.held.set(method, [...Array<undefined>(nth - 1).fill(undefined), promise]);
    return resolve;
  }

  /** Says whether a call of a port's method waits now. */
  isHeld(method: string): boolean {
    return this.waiting.has(method);
  }

  /** Makes the next call of a port's method fail so. */
  failNext(method: string, type: string, message: string, details: unknown[] = []): void {
    this.failures.set(method, [
      ...(this.failures.get(method) ?? []),
      ApplicationFailure.create({ type, message, nonRetryable: true, details }),
    ]);
  }

  private expectJob(purpose: keyof OtherJobs, expected: string | undefined): void {
    if (expected === undefined) delete this.expectedJobs[purpose];
    else this.expectedJobs[purpose] = expected;
  }

  target(): Target {
    return {
      observe: async () => this.answer('observe', this.live),
      revisions: async () => this.answer('revisions', this.revisions),
      lastWrite: async () => this.answer('lastWrite', this.writes.at(-1)?.marker),
      pendingWork: async () => this.answer('pendingWork', this.pendingWork),
      health: async () => this.answer('health', this.checks),
      check: async () => this.answer('check', undefined),
      difference: async () =>
        this.answer('difference', { text: '-image: old\n+image: new', contested: this.contested }),
      snapshot: async () => this.answer('snapshot', this.snapshot()),
      stamp: async (_place, { marker, expected }) => this.write('stamp', marker, expected, () => undefined),
      stage: async (_place, { marker, expected, artifact, forced }) => {
        this.forced.push(['stage', forced]);
        const revision = `service-${marker.change}`;
        await this.write('stage', marker, expected, (live) => ({
          ...live,
          template: { revision, digest: artifact.digest },
        }));
        return { revision, url: this.url, key: this.live.key };
      },
      syncMigration: async (_place, { marker, artifact }) => {
        await this.write('syncMigration', marker, null, (live) => ({
          ...live,
          job: live.job && { ...live.job, digest: artifact.digest, image: artifact.image },
        }));
        return { version: this.live.key, digest: artifact.digest, job: 'service-migrate' };
      },
      syncSmoke: async (_place, { marker, artifact, variables, expected }) => {
        await this.write('syncSmoke', marker, null, () => undefined);
        this.expectJob('smoke', expected);
        this.smokeVariables = variables;
        return { version: this.live.key, digest: artifact.digest, job: 'service-smoke' };
      },
      syncEvidence: async (_place, { marker, artifact, variables, expected }) => {
        await this.write('syncEvidence', marker, null, () => undefined);
        this.expectJob('evidence', expected);
        this.programVariables = variables;
        return { version: this.live.key, digest: artifact.digest, job: 'service-evidence' };
      },
      runJob: async (_place, { marker, artifact, ready, command, signal, earlier = [] }) => {
        const method = methodOfJob(ready.job);
        const isStarted = earlier.some(({ attempt }) =>
          this.writes.some(
            (one) => one.method === method && one.marker.step === marker.step && one.marker.attempt === attempt,
          ),
        );
        if (!isStarted) await Promise.race([this.write(method, marker, null, () => undefined), givenUp(signal)]);
        this.commands.push(...command.slice(0, 1));
        const outcomes = {
          runSmoke: this.smokeOutcomes,
          runProgram: this.programOutcomes,
          runMigration: this.migrationOutcomes,
        };
        const outcome = outcomes[method].shift() ?? 'succeeded';
        return {
          execution: `${ready.job}-${marker.step}`,
          outcome,
          digest: artifact.digest,
          taskAttempts: 1,
          reason: '',
          startedAt: new Date().toISOString(),
          endedAt: new Date().toISOString(),
        };
      },
      shift: async (_place, { marker, expected, candidate, forced }) => {
        this.forced.push(['shift', forced]);
        const { digest = '' } = this.live.template ?? {};
        const revision = this.nameOfNextRevision ?? candidate.revision;
        Object.assign(this.secretVersions, this.stagedVersions);
        const result = await this.write('shift', marker, expected, (live) => ({
          ...live,
          serving: [{ revision, digest, commit: commitOf(digest), percent: 100 }],
        }));
        return { ...result, url: this.url, ...(this.nameOfNextRevision && { revision }) };
      },
      restart: async (_place, { marker, expected, signal }) => {
        const revision = `restarted-${marker.change}-a${marker.attempt}`;
        const { digest = '' } = this.live.template ?? {};
        const result = await this.write('restart', marker, expected, (live) => ({
          ...live,
          serving: [{ revision, digest, commit: commitOf(digest), percent: 100 }],
          template: { revision, digest },
        }));
        await Promise.race([this.answer('ready', undefined), givenUp(signal)]);
        return { ...result, url: this.url, revision };
      },
      settingsDrift: async () => this.answer('settingsDrift', this.otherSettings),
      secretsInUse: async () =>
        this.answer(
          'secretsInUse',
          Object.entries(this.secretVersions).map(([variable, version]) => ({
            variable,
            secret: secretOf(variable),
            version,
          })),
        ),
      secretReaders: async (_place, secret, version) =>
        this.answer('secretReaders', this.otherReaders.get(`${secret}/${version}`) ?? []),
      stageSecrets: async (_place, { marker, expected, secrets }) => {
        const revision = `rotated-${marker.change}-a${marker.attempt}`;
        const { digest = '' } = this.live.serving[0] ?? {};
        await this.write('stageSecrets', marker, expected, (live) => ({ ...live, template: { revision, digest } }));
        this.stagedVersions = Object.fromEntries(secrets.map(({ variable, to }) => [variable, to]));
        return { revision, url: this.url, key: this.live.key };
      },
      syncJobSecrets: async (_place, { marker }) => {
        await this.write('syncJobSecrets', marker, null, () => undefined);
      },
      readBack: async (_place, { artifact, withDrift }) => {
        await this.answer('readBack', undefined);
        const serving = this.live.serving[0];
        return {
          live: this.live,
          problems: [
            ...(serving?.digest === artifact.digest ? [] : [`serves ${serving?.digest ?? 'nothing'}`]),
            ...(withDrift ? this.foreign : []),
            ...this.halfway,
          ],
        };
      },
      restore: async (_place, { marker, snapshot, forced }) => {
        this.forced.push(['restore', forced]);
        await this.write('restore', marker, null, () => snapshot.live);
        for (const variable of Object.keys(this.stagedVersions)) this.secretVersions[variable] = '1';
        this.stagedVersions = {};
        return { live: this.live, problems: [] };
      },
      requestsServed: async (_place, { userAgent }) =>
        this.answer('logs', 'is' in userAgent ? 1 : this.logEntries.length),
      executionOutput: async () => ({
        lines: await this.answer('output', this.programOutputs.shift() ?? []),
        isComplete: true,
        isCut: false,
      }),
      executionLog: async () => {
        const lines = (await this.answer('logs', this.logEntries)).map(({ text }) => text);
        const isEnd = (line: string) => line.startsWith('Container called exit(');
        return { lines: lines.filter((line) => !isEnd(line)), isComplete: lines.some(isEnd) };
      },
    };
  }

  /** Ends instances, as a platform that replaces them at once. A test makes `ready` fail, or wait. */
  instances(): Instances {
    return {
      list: async () => this.answer('list', this.pods),
      replace: async (_place, { instances, marker, signal }) => {
        for (const { name, id } of instances) {
          if (this.pods.some((one) => one.id === id)) {
            await this.write('replace', marker, null, () => undefined);
            this.ended.push(id);
            this.pods = this.pods.map((one) => (one.id === id ? { name, id: `${name}-${this.ended.length}` } : one));
            this.onEnd();
          }
          await Promise.race([this.answer('ready', undefined), givenUp(signal)]);
        }
      },
    };
  }

  private snapshot(): Snapshot {
    return {
      takenAt: new Date().toISOString(),
      live: this.live,
      good: this.live.serving[0] ?? null,
      obstacles: this.obstacles,
      changing: this.changing.shift(),
    };
  }

  private async write(
    method: string,
    marker: Marker,
    expected: string | null,
    change: (live: LiveState) => LiveState | undefined,
  ): Promise<{ key: string }> {
    if (!this.loses.has(method)) await this.answer(method, undefined);
    if (compareFences(marker.fence, this.fence) < 0)
      throw ApplicationFailure.nonRetryable('behind the recorded fence', 'StaleFence');
    // A repeat finds its marker, as it does on a real platform; several instances are replaced under one.
    const isThere = method !== 'replace' && this.writes.some((one) => isSameWrite(one, { method, marker }));
    if (!isThere) {
      if (expected !== null && expected !== this.live.key)
        throw ApplicationFailure.nonRetryable('somebody else wrote', 'Drifted');
      this.fence = marker.fence;
      this.writes.push({ method, marker });
      const next = change(this.live);
      // The key stands for template and traffic; the job has a version of its own.
      if (next)
        this.live = { ...next, key: method === 'syncMigration' ? this.live.key : `${method}-${this.writes.length}` };
    }
    if (this.loses.has(method)) await this.answer(method, undefined);
    return { key: this.live.key };
  }

  /** Where a call waits while it is held, and fails as it was told to. */
  async answer<T>(method: string, value: T): Promise<T> {
    const held = this.held.get(method)?.shift();
    if (held) this.waiting.add(method);
    await held;
    this.waiting.delete(method);
    if (this.away.has(method)) throw new Error(`UNAVAILABLE: ${method} has no answer`);
    const failure = this.failures.get(method)?.shift();
    if (failure !== undefined) throw failure as Error;
    return value;
  }
}

/** Names the secret that a variable carries. */
export function secretOf(variable: string): string {
  return `service-${variable.toLowerCase().replaceAll('_', '-')}`;
}

function isSameWrite(a: FakePlatform['writes'][number], b: FakePlatform['writes'][number]): boolean {
  return a.method === b.method && isDeepStrictEqual(a.marker, b.marker);
}

function methodOfJob(job: string): 'runSmoke' | 'runProgram' | 'runMigration' {
  if (job === 'service-smoke') return 'runSmoke';
  return job === 'service-evidence' ? 'runProgram' : 'runMigration';
}

/** Puts one port under every kind, so that a further kind needs no fake of its own. */
export function asEveryKind<Port>(port: Port): Record<TargetKindName, Port> {
  const ports = Object.keys(targetKinds).map((kind) => [kind, port]);
  return Object.fromEntries(ports) as Record<TargetKindName, Port>;
}

/** A cancellation stops the watching, never what was started. */
async function givenUp(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}
