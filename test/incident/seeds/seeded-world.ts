import { LoggingServiceV2Client } from '@google-cloud/logging-api';
import type { GoogleClients } from '../../../activities/google/clients.ts';
import { createCloudLogs } from '../../../activities/google/logging.ts';
import type { Ports } from '../../../activities/ports/index.ts';
import type { EnvironmentStatus } from '../../../contract/environment.ts';
import type { CloudProcess } from '../../emulator/cloud.ts';
import { noApprovals, World } from '../../workflows/world.ts';
import type { Seed, SeedLines } from './seed.ts';
import { changeIdOf, hexOf, ledgerOf, stateOf, type SeededLedger } from './seeded-ledger.ts';
import { usualLines } from './usual-lines.ts';

/** Platform: Logging v2, entries.write takes some thousand entries. */
const atOnce = 1_000;

/** Where the logs of seeds are: the emulator, asked by Google's own client. */
export interface LogPlace {
  cloud: CloudProcess;
  clients: GoogleClients;
}

/** The world of a seed: its ledger, its code, what serves, and its log in the emulator. */
export class SeededWorld extends World {
  readonly alertAt: number;
  private readonly seed: Seed;
  private readonly place: LogPlace;
  private readonly seeded: SeededLedger;

  constructor(seed: Seed, place: LogPlace, now: number) {
    const { project, region } = place.cloud;
    const service = `s-${hexOf(seed.name).slice(0, 8)}`;
    super({ approvals: noApprovals, target: { kind: 'cloudRun', project, region, service } });
    this.seed = seed;
    this.place = place;
    // An incident opens some seconds after its alert.
    this.alertAt = now - 10_000;
    this.seeded = ledgerOf(seed.changes, this.alertAt);
    this.ledger = this.seeded.entries;
    this.foreign = seed.byHand ?? [];
    const { revision, digest, commit } = this.underWay ?? this.seeded.servedAt(0);
    const template = { revision, digest };
    this.live = { ...this.live, serving: [{ ...template, commit, percent: 100 }], template };
  }

  override ports(...given: Parameters<World['ports']>): Ports {
    const ports = super.ports(...given);
    const { history } = this.seeded;
    const place = (commit: string) => history.findIndex((one) => one.commit === commit);
    return {
      ...ports,
      logs: createCloudLogs(this.place.clients),
      environments: { ...ports.environments, statusOf: async () => this.status },
      sources: {
        ...ports.sources,
        includes: async (_repository, commit, earlier) => place(earlier) >= 0 && place(earlier) <= place(commit),
        between: async (_repository, earlier, commit) => ({
          count: Math.max(0, place(commit) - place(earlier)),
          lost: Math.max(0, place(earlier) - place(commit)),
          newest: history.slice(place(earlier) + 1, place(commit) + 1).toReversed(),
        }),
      },
    };
  }

  /** Writes the log: what the service always writes, and what the seed says. */
  async writeLog(): Promise<void> {
    const { cloud } = this.place;
    const writer = new LoggingServiceV2Client(cloud.clientOptions());
    const entries = [...usualLines, ...this.seed.lines].flatMap((lines) => this.entriesOf(lines));
    for (let from = 0; from < entries.length; from += atOnce)
      await writer.writeLogEntries({
        logName: `projects/${cloud.project}/logs/seeds`,
        entries: entries.slice(from, from + atOnce),
      });
    await writer.close();
  }

  private entriesOf({ from, until, perMinute, severity, message, fields = {}, isOfUnderWay }: SeedLines) {
    const count = Math.floor((Math.min(until, (Date.now() - this.alertAt) / 60_000) - from) * perMinute);
    return Array.from({ length: Math.max(0, count) }, (_, index) => {
      const minute = from + (index + 0.5) / perMinute;
      const { revision } = (isOfUnderWay && this.underWay) || this.seeded.servedAt(minute);
      const seconds = (this.alertAt + minute * 60_000) / 1_000;
      const written = { message: message.replaceAll('#', String((index * 7919) % 9973)), ...fields };
      const texts = Object.entries(written).map(([name, stringValue]) => [name, { stringValue }]);
      return {
        severity,
        timestamp: { seconds: Math.floor(seconds), nanos: Math.floor((seconds % 1) * 1e9) },
        resource: { type: 'cloud_run_revision', labels: { service_name: this.serviceName, revision_name: revision } },
        jsonPayload: { fields: Object.fromEntries(texts) },
      };
    });
  }

  private get serviceName(): string {
    const { target } = this.entry.settings;
    return target.kind === 'cloudRun' ? target.service : '';
  }

  private get underWay() {
    const { underWay } = this.seed;
    return underWay && stateOf(underWay.name, hexOf(underWay.commit).slice(0, 40));
  }

  /** What the environment answers: only one with a holder says more than its ledger. */
  private get status(): EnvironmentStatus | null {
    const { underWay } = this.seed;
    if (!underWay) return null;
    const holder = {
      ...{ kind: 'deploy', change: changeIdOf(underWay.name), owner: 'developer@example.com', number: 2 },
      commit: hexOf(underWay.commit).slice(0, 40),
      since: new Date(this.alertAt + underWay.minutes * 60_000).toISOString(),
    };
    return { isOpen: true, holder, ledger: this.ledger, runs: null } as unknown as EnvironmentStatus;
  }
}
