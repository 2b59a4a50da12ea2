import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { ApplicationFailure } from '@temporalio/common';
import type { Artifact } from '../../contract/artifact.ts';
import { catalogFile, type CatalogEntry } from '../../contract/catalog/catalog.ts';
import { compareFences, type Fence, type Marker } from '../../contract/fence.ts';
import type { LedgerEntry } from '../../contract/ledger.ts';
import type { LiveState, Snapshot } from '../../contract/live.ts';
import type { PlannedMigration } from '../../contract/plan.ts';
import { armored } from '../../contract/statement.ts';
import { catalogEntry } from '../../catalog/load.ts';
import type { CheckRun, Ports } from '../../activities/ports/index.ts';
import type { LogEntry } from '../../activities/ports/platform.ts';
import type { Target } from '../../activities/ports/target.ts';

export const commits = { old: 'a'.repeat(40), good: 'b'.repeat(40), bad: 'c'.repeat(40) };
export const digestOfCommit = (commit: string) => `sha256:${commit.slice(0, 1).repeat(64)}`;
export const owner = 'release-owner@example.com';
export const developer = 'developer@example.com';
export const deputy = 'deputy@example.com';
export const dataOwner = 'data-owner@example.com';
export const noApprovals = { required: [], rollback: [], requesterMayApprove: false, expiresAfterMinutes: 5 };
/** How a migration runs; after the candidate is staged, or before it. */
export const migration = {
  directory: 'migrations',
  when: 'afterStage' as const,
  command: ['migrate'],
  args: [],
  timeoutSeconds: 60,
  settlesWithinSeconds: 1,
};
export const beforeStage = { ...migration, when: 'beforeStage' as const };
/** Migrations that the old code can live with, and cannot. */
export const compatible: PlannedMigration = { name: '1_add.sql', compatibility: 'compatible' };
export const incompatible: PlannedMigration = { name: '1_rename.sql', compatibility: 'incompatible' };
/** A smoke that no candidate passes. */
export const failingSmoke: CatalogEntry['settings']['smoke'] = [
  { name: 'health', method: 'GET', path: '/healthz', status: [418], timeoutSeconds: 5 },
];
const repository = 'host.example/project/repository/image';

/**
 * The outside world as the ports show it, kept in memory: it records every write, and a test makes single methods fail.
 * Its target keeps the fence and the key like a real one does.
 */
export class World {
  readonly writes: { method: string; marker: Marker }[] = [];
  readonly migrations = new Map<string, PlannedMigration[]>();
  /** Replaces the answer of one method once for each entry. */
  readonly failures = new Map<string, unknown[]>();
  /** Outcome of each migration command, in order; succeeded when used up. */
  readonly migrationOutcomes: ('succeeded' | 'failed')[] = [];
  /** Signatures are verified as soon as this is fulfilled. */
  verifying: Promise<void> = Promise.resolve();
  logEntries: LogEntry[] = [];
  /** State of a secret's version; enabled where nothing is said. */
  readonly secretStates = new Map<string, 'disabled' | 'destroyed' | 'missing'>();
  /** Whether commits are on the release branch. */
  onBranch = true;
  /** Checks of every commit, as a forge reports them. */
  checkRuns: CheckRun[] = [];
  /** What every metric query answers: one value for each series. */
  metricValues: number[] = [];
  isMonitored = true;
  /** Images that the registry does not have any more. */
  readonly deletedImages = new Set<string>();
  obstacles: string[] = [];
  /** What the next looks find under way, one each. */
  readonly changing: string[] = [];
  ledger: LedgerEntry[] = [];
  live: LiveState;
  url = '';
  /** Requests that the service was sent, and what its switch at /writes is at. */
  readonly asked: string[] = [];
  writesFrozen = false;
  switchIsBroken = false;
  /** Its own in each world, so that environments do not meet. */
  readonly service = `service-${randomUUID().slice(0, 8)}`;
  private readonly held = new Map<string, Promise<void>>();
  private fence: Fence = { number: 0, sequence: 0 };
  /** As the catalog is now; a run that goes on carries what it was. */
  entry: CatalogEntry;
  /** A file of the catalog is half saved: nobody can read it. */
  catalogIsBroken = false;

  constructor(
    changes: Partial<CatalogEntry['settings']> = {},
    people: { signers?: CatalogEntry['signers']; owners?: CatalogEntry['owners'] } = {},
  ) {
    this.live = liveState('service-1', commits.old);
    const file = catalogFile.parse({
      service: this.service,
      description: 'a service of the tests',
      repository: { url: 'https://git.example/service.git', branch: 'main' },
      build: { kind: 'cloudBuild', project: 'project', region: 'us-central1', image: repository },
      owners: {
        'release-owner': [owner, 'deputy@example.com'],
        'data-owner': ['data-owner@example.com'],
        developer: [developer],
      },
      ...people,
      environments: {
        staging: {
          target: {
            kind: 'cloudRun',
            project: 'project-1',
            region: 'us-central1',
            service: 'service',
            migrationJob: 'service-migrate',
          },
          migration: {
            directory: 'migrations',
            command: ['migrate'],
            fallback: { command: ['old-migrate'], signature: ['no such command'] },
          },
          approvals: { required: [{ role: 'release-owner' }], expiresAfterMinutes: 5 },
          smoke: [{ name: 'health', path: '/healthz' }],
          bake: { seconds: 0, minRequests: 0, logsArriveWithinSeconds: 1 },
          operators: ['release-owner'],
          ...changes,
        },
      },
    });
    const entry = catalogEntry(
      { services: new Map([[this.service, { file: 'service.yaml', entry: file }]]), problems: [] },
      this.service,
      'staging',
    );
    if ('message' in entry) throw new Error(entry.message);
    this.entry = entry;
  }

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
    const { promise, resolve } = Promise.withResolvers<void>();
    this.held.set(method, promise);
    return resolve;
  }

  /** Makes the next call of a port's method fail so. */
  failNext(method: string, type: string, message: string): void {
    this.failures.set(method, [
      ...(this.failures.get(method) ?? []),
      ApplicationFailure.create({ type, message, nonRetryable: true }),
    ]);
  }

  ports(connection: Ports['connection'], environments: Ports['environments']): Ports {
    return {
      connection,
      environments,
      catalog: {
        resolve: async (service, environment) =>
          service === this.service && environment === 'staging' && !this.catalogIsBroken
            ? this.entry
            : {
                path: service === this.service ? 'environment' : 'service',
                message: `unknown ${service}/${environment}`,
              },
        places: async () => [this.entry],
        train: async (service) =>
          service === this.service
            ? { stops: [this.entry], checklist: null }
            : { path: 'service', message: `unknown ${service}` },
      },
      sources: {
        commit: async (_repository, commit) =>
          this.answer('commit', {
            found: Object.values(commits).includes(commit),
            onBranch: this.onBranch,
            subject: 'a commit',
          }),
        includes: async (_repository, commit, earlier) => commit >= earlier,
        migrations: async (_repository, commit) => this.migrations.get(commit) ?? [],
        checkout: async () => {
          const folder = await mkdtemp(path.join(tmpdir(), 'slipway-world-'));
          return { folder, installed: new Set(), close: () => rm(folder, { recursive: true }) };
        },
      },
      builds: {
        find: async () => undefined,
        run: async (_build, _repository, commit) => this.answer('build', artifactOf(commit)),
        isStored: async (_build, image) => this.answer('isStored', !this.deletedImages.has(image)),
        commitOf: async (_build, image) => commitOf(image),
      },
      targets: { cloudRun: this.target() },
      signatures: {
        verify: async ({ text, signature, keys }) =>
          this.verifying.then(() =>
            this.answer(
              'verify',
              keys.some((key) => armored(fakeSignature(text, key)) === signature)
                ? { valid: true }
                : { valid: false, reason: 'incorrect signature' },
            ),
          ),
      },
      logs: {
        read: async () => this.answer('logs', this.logEntries),
      },
      secrets: {
        read: async (_target, secret) => `value of ${secret}`,
        stateOf: async (_target, secret) => this.secretStates.get(secret) ?? 'enabled',
      },
      checks: { ofCommit: async () => this.checkRuns },
      metrics: { query: async () => this.metricValues, isKnown: () => this.isMonitored },
      evidence: {
        appendLedger: async (_service, _environment, entry) =>
          void this.ledger.push(await this.answer('appendLedger', entry)),
        readLedger: async () => this.answer('readLedger', this.ledger),
      },
      // A harness hands on for real: this world knows of no other run.
      runs: {
        send: async (workflowId) => ({ refused: `${workflowId} is not known` }),
        typeOf: async () => 'unknown',
        describe: async () => null,
        leaseOf: async () => ({ service: '', environment: '', lease: undefined }),
        statusOf: async () => null,
      },
    };
  }

  private target(): Target {
    return {
      observe: async () => this.live,
      lastWrite: async () => this.writes.at(-1)?.marker,
      pendingWork: async () => this.answer('pendingWork', []),
      snapshot: async () => this.answer('snapshot', this.snapshot()),
      stamp: async (_place, { marker, expected }) => this.write('stamp', marker, expected, () => undefined),
      stage: async (_place, { marker, expected, artifact }) => {
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
      runMigration: async (_place, { marker, artifact, signal }) => {
        await Promise.race([this.write('runMigration', marker, null, () => undefined), givenUp(signal)]);
        const outcome = this.migrationOutcomes.shift() ?? 'succeeded';
        return {
          execution: `service-migrate-${marker.step}`,
          outcome,
          digest: artifact.digest,
          taskAttempts: 1,
          reason: '',
          startedAt: new Date().toISOString(),
          endedAt: new Date().toISOString(),
        };
      },
      shift: async (_place, { marker, expected, candidate }) => {
        const { digest = '' } = this.live.template ?? {};
        const result = await this.write('shift', marker, expected, (live) => ({
          ...live,
          serving: [{ revision: candidate.revision, digest, commit: commitOf(digest), percent: 100 }],
        }));
        return { ...result, url: this.url };
      },
      readBack: async (_place, { artifact }) => {
        await this.answer('readBack', undefined);
        const serving = this.live.serving[0];
        return {
          live: this.live,
          problems: serving?.digest === artifact.digest ? [] : [`serves ${serving?.digest ?? 'nothing'}`],
        };
      },
      restore: async (_place, { marker, snapshot }) => {
        await this.write('restore', marker, null, () => snapshot.live);
        return { live: this.live, problems: [] };
      },
      requestsServed: async (_place, { userAgent }) =>
        this.answer('logs', 'is' in userAgent ? 1 : this.logEntries.length),
      executionLog: async () => {
        const lines = (await this.answer('logs', this.logEntries)).map(({ text }) => text);
        return { lines, isComplete: lines.some((line) => line.startsWith('Container called exit(')) };
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
    await this.answer(method, undefined);
    if (compareFences(marker.fence, this.fence) < 0)
      throw ApplicationFailure.nonRetryable('behind the recorded fence', 'StaleFence');
    if (expected !== null && expected !== this.live.key)
      throw ApplicationFailure.nonRetryable('somebody else wrote', 'Drifted');
    this.fence = marker.fence;
    this.writes.push({ method, marker });
    const next = change(this.live);
    // The key stands for template and traffic; the job has a version of its own.
    if (next)
      this.live = { ...next, key: method === 'syncMigration' ? this.live.key : `${method}-${this.writes.length}` };
    return { key: this.live.key };
  }

  /** Where a call waits while it is held, and fails as it was told to. */
  async answer<T>(method: string, value: T): Promise<T> {
    const held = this.held.get(method);
    this.held.delete(method);
    await held;
    const failure = this.failures.get(method)?.shift();
    if (failure !== undefined) throw failure as Error;
    return value;
  }
}

/** A cancellation stops the watching, never what was started. */
async function givenUp(signal: AbortSignal): Promise<never> {
  return new Promise((_resolve, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}

/** The commit that a digest, or an image by digest, was made of. */
function commitOf(image: string): string {
  return Object.values(commits).find((commit) => image.endsWith(digestOfCommit(commit))) ?? '';
}

export function artifactOf(commit: string): Artifact {
  const digest = digestOfCommit(commit);
  return { image: `${repository}@${digest}`, digest, commit };
}

/** What stands for the signature of a text by the private half of a key. */
export function fakeSignature(text: string, key: string): string {
  return Buffer.from(`SSHSIG${createHash('sha512').update(text).update(key).digest('hex')}`).toString('base64');
}

export function logEntry(text: string): LogEntry {
  return { timestamp: new Date().toISOString(), severity: 'ERROR', text, insertId: text };
}

function liveState(revision: string, commit: string): LiveState {
  const { digest, image } = artifactOf(commit);
  return {
    exists: true,
    url: '',
    serving: [{ revision, digest, commit, percent: 100 }],
    traffic: [{ revision: null, percent: 100, tag: null }],
    template: { revision, digest },
    job: { name: 'service-migrate', image, digest, command: ['migrate'], args: [], maxRetries: 3 },
    key: 'initial',
  };
}
