import { createHash, randomUUID } from 'node:crypto';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { catalogEntry } from '../../catalog/load.ts';
import { baseline } from '../../contract/catalog/baseline.ts';
import { catalogFile, type CatalogEntry } from '../../contract/catalog/catalog.ts';
import type { LedgerEntry } from '../../contract/ledger.ts';
import type { PlannedMigration } from '../../contract/plan.ts';
import { armored } from '../../contract/statement.ts';
import { sayWaiting } from '../../activities/heartbeat.ts';
import { createLedgers } from '../../activities/ledger/index.ts';
import type { Readiness } from '../../activities/ports/databases.ts';
import type { StoredAttestation } from '../../activities/ports/attestations.ts';
import type { Attachment } from '../../activities/ports/tickets.ts';
import type { CheckRun, FiringAlert, Ports } from '../../activities/ports/index.ts';
import { unconfinedPrograms } from '../unconfined-programs.ts';
import { asEveryKind, FakePlatform } from './fake-platform.ts';
import { FakeMessengers } from './fake-messengers.ts';
import { MemoryTexts } from './memory-texts.ts';
import {
  artifactOf,
  commitOf,
  commits,
  dataOwner,
  deputy,
  developer,
  fakeSignature,
  fakeVerdict,
  owner,
  repository,
  targetEntry,
} from './samples.ts';

export * from './samples.ts';

/** The outside world as the ports show it, kept in memory. Each has a service of its own. */
export class World extends FakePlatform {
  readonly migrations = new Map<string, PlannedMigration[]>();
  /** Ends when the log may be read again. */
  logQuota: Promise<unknown> = Promise.resolve();
  /** Why the migrations of a commit cannot be listed, by commit. */
  readonly unknownMigrations = new Map<string, string>();
  /** Files of every commit, by path. */
  readonly files = new Map<string, string>();
  /** Signatures are verified as soon as this is fulfilled. */
  verifying: Promise<void> = Promise.resolve();
  /** State of a secret, or of one version as `secret/version`; enabled where nothing is said. */
  readonly secretStates = new Map<string, 'disabled' | 'destroyed' | 'missing'>();
  /** Whether commits are on the release branch. */
  onBranch = true;
  /** Checks of every commit, as a forge reports them. */
  checkRuns: CheckRun[] = [];
  /** What every metric query answers: one value for each series. */
  metricValues: number[] = [];
  isMonitored = true;
  /** Other runs, where they are not those of the harness's server. */
  readonly otherRuns: Ports['runs'] | null = null;
  /** The task queue of the worker that works over this world. */
  taskQueue = '';
  /** What people were told, unless the test brings messengers of its own. */
  readonly people = new FakeMessengers();
  messengers: Ports['messengers'] | null = null;
  /** Alerts that fire, as Alertmanager says. */
  firingAlerts: FiringAlert[] = [];
  /** Says when Alertmanager has started. */
  alertmanagerStart = (): string => '2026-01-01T00:00:00Z';
  /** Attestations that are stored for every image. */
  attestations: StoredAttestation[] = [];
  /** Files that the catalog names. */
  readonly catalogFiles = new Map<string, string>();
  /** Id of the build of ours that made what is released; null where only the tag tells. */
  buildOfArtifact: string | null = 'build-1';
  /** Images that the registry does not have any more. */
  readonly deletedImages = new Set<string>();
  /** Filters and queries that their source refuses, with the reason. */
  readonly refusedQuestions = new Map<string, string>();
  /** The store of ledgers. */
  readonly texts = new MemoryTexts();
  /** What was attached to tickets, in order. */
  readonly attached: Attachment[] = [];
  /** Texts of evidence by their hashes. */
  readonly kept = new Map<string, string>();
  /** Requests that the service was sent, and what its switch at /writes is at. */
  readonly asked: string[] = [];
  writesFrozen = false;
  switchIsBroken = false;
  /** What the service says besides in each answer. */
  says: (() => string) | null = null;
  /** Its own in each world, so that environments do not meet. */
  readonly service = `service-${randomUUID().slice(0, 8)}`;
  /** As the catalog is now; a run that goes on carries what it was. */
  entry: CatalogEntry;
  /** What its baseline checks, and how its database server is. */
  baseline = baseline.parse({ commands: [{ name: 'test', command: ['true'] }] });
  readiness: Readiness = 'accepting connections';
  missingDatabases: string[] = [];
  /** What the worker lacks to build. */
  missingForBuild: string | null = null;
  /** A file of the catalog is half saved: nobody can read it. */
  catalogIsBroken = false;
  /** Time after which a run says what a step waits for, where a test is in a hurry. */
  standstillMs: number | undefined;

  constructor(
    changes: Partial<CatalogEntry['settings']> = {},
    people: { signers?: CatalogEntry['signers']; owners?: CatalogEntry['owners'] } = {},
  ) {
    super();
    const file = catalogFile.parse({
      service: this.service,
      description: 'a service of the tests',
      repository: { url: 'https://git.example/service.git', branch: 'main' },
      build: { kind: 'cloudBuild', project: 'project', region: 'us-central1', image: repository },
      owners: {
        'release-owner': [owner, deputy],
        'data-owner': [dataOwner],
        developer: [developer],
      },
      ...people,
      environments: {
        staging: {
          target: targetEntry('service'),
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
      {
        services: new Map([[this.service, { file: 'service.yaml', entry: file, unusable: new Map() }]]),
        ambiguous: new Map(),
        problems: [],
      },
      this.service,
      'staging',
    );
    if ('message' in entry) throw new Error(entry.message);
    this.entry = entry;
  }

  /** The ledger of `staging` as the store has it. */
  get ledger(): LedgerEntry[] {
    return this.texts.ledgerOf(this.ledgerPlace);
  }

  set ledger(entries: readonly LedgerEntry[]) {
    this.texts.beginWith(this.ledgerPlace, entries);
  }

  private get ledgerPlace() {
    return { service: this.service, environment: 'staging' };
  }

  private ticket() {
    return {
      attach: async (attachment: Attachment) => {
        this.attached.push(await this.answer('attach', attachment));
        return 'a ticket';
      },
    };
  }

  ports(connection: Ports['connection'], environments: Ports['environments']): Ports {
    const ledgers = createLedgers(this.texts);
    return {
      connection: { ...connection, ...(this.standstillMs !== undefined && { standstillMs: this.standstillMs }) },
      environments: {
        ...environments,
        leave: async (...place) => {
          await this.answer('leave', undefined);
          return environments.leave(...place);
        },
      },
      catalog: {
        resolve: async (service, environment) =>
          service === this.service && environment === 'staging' && !this.catalogIsBroken
            ? this.entry
            : {
                path: service === this.service ? 'environment' : 'service',
                message: `unknown ${service}/${environment}`,
                isUnread: this.catalogIsBroken,
              },
        file: async (name) => this.catalogFiles.get(name) ?? null,
        places: async () => [this.entry],
        train: async (service) =>
          service === this.service
            ? { stops: [this.entry], checklist: null }
            : { path: 'service', message: `unknown ${service}` },
        baseline: async (service) =>
          service === this.service
            ? { repository: this.entry.repository, baseline: this.baseline }
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
        between: async (_repository, earlier, commit) =>
          this.answer('between', {
            count: commit > earlier ? 1 : 0,
            lost: earlier > commit ? 1 : 0,
            newest: commit > earlier ? [{ commit, subject: 'a commit', author: 'a developer' }] : [],
          }),
        migrations: async (_repository, commit) => {
          const unknown = this.unknownMigrations.get(commit);
          return unknown === undefined ? { migrations: this.migrations.get(commit) ?? [] } : { unknown };
        },
        file: async (_repository, _commit, file) => this.files.get(file) ?? null,
        head: async () => commits.good,
        archive: () => Promise.reject(new Error('no build here packs a source')),
        checkout: async () => {
          const folder = await mkdtemp(path.join(tmpdir(), 'slipway-world-'));
          return { folder, mirror: null, installed: new Set(), close: () => rm(folder, { recursive: true }) };
        },
      },
      builds: {
        find: async () => undefined,
        missing: async () => this.missingForBuild,
        run: async ({ build, commit }) => {
          const artifact = artifactOf(commit);
          return this.answer('build', { ...artifact, image: `${build.image}@${artifact.digest}` });
        },
        isStored: async (_build, image) => this.answer('isStored', !this.deletedImages.has(image)),
        commitOf: async (_build, image) => commitOf(image),
        builtBy: async () => this.answer('builtBy', this.buildOfArtifact),
      },
      targets: asEveryKind(this.target()),
      instances: asEveryKind(this.instances()),
      signatures: {
        verify: async ({ text, signature, keys }) =>
          this.verifying.then(() =>
            this.answer('verify', fakeVerdict(keys.find((key) => armored(fakeSignature(text, key)) === signature))),
          ),
      },
      logs: {
        read: async () => {
          await sayWaiting('the quota of reads of the log', this.logQuota);
          return this.answer('logs', this.logEntries);
        },
        refusalOf: async (_target, filter) => this.refusedQuestions.get(filter) ?? null,
      },
      secrets: {
        read: async (_target, secret) => `value of ${secret}`,
        stateOf: async (_target, secret, version) =>
          this.secretStates.get(`${secret}/${version}`) ?? this.secretStates.get(secret) ?? 'enabled',
        identityToken: async (_target, audience) => `token for ${audience ?? 'the service'}`,
        disable: async (_target, secret, version) => {
          await this.answer('disable', undefined);
          this.secretStates.set(`${secret}/${version}`, 'disabled');
        },
      },
      attestations: { find: async () => this.answer('attestations', this.attestations) },
      checks: { ofCommit: async () => this.checkRuns },
      databases: {
        readiness: async () => this.answer('readiness', { readiness: this.readiness, why: '' }),
        existing: async (_server, names) => names.filter((name) => !this.missingDatabases.includes(name)),
      },
      messengers: this.messengers ?? this.people.messengers(),
      tickets: { githubIssue: this.ticket(), githubDeployment: this.ticket(), webhook: this.ticket() },
      programs: unconfinedPrograms,
      workerSecrets: { read: (variable) => `value of ${variable}` },
      metrics: {
        query: async () => this.metricValues,
        series: async () => this.metricValues.map((value) => ({ labels: {}, value })),
        range: async (_address, _promql, { since }) =>
          this.metricValues.map((value) => ({ labels: {}, points: [{ at: since, value }] })),
        refusalOf: async (_address, query) => this.refusedQuestions.get(query) ?? null,
        isKnown: () => this.isMonitored,
        pageOf: () => null,
      },
      alerts: {
        find: async () => this.answer('alerts', this.firingAlerts),
        startedAt: async () => this.alertmanagerStart(),
        pageOf: () => null,
      },
      evidence: {
        ...ledgers,
        appendLedger: async (place, after, entries) => {
          await this.answer('appendLedger', undefined);
          return ledgers.appendLedger(place, after, entries);
        },
        summarizeLedger: async (place) => {
          await this.answer('readLedger', undefined);
          return ledgers.summarizeLedger(place);
        },
        keep: async (text) => {
          const hash = createHash('sha256').update(text).digest('hex');
          this.kept.set(hash, await this.answer('keep', text));
          return hash;
        },
        read: async (hash) => {
          const text = this.kept.get(hash);
          return text === undefined ? null : Buffer.from(text);
        },
      },
      // A harness hands on for real: this world knows of no other run.
      runs: {
        send: async (workflowId) => ({ refused: `${workflowId} is not known` }),
        inputsOf: async () => [],
        describe: async () => null,
        pendingActivities: async () => [],
        leaseOf: async () => ({ service: '', environment: '', lease: undefined }),
        statusOf: async () => null,
      },
    };
  }
}
