import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import type { ChecklistEntry } from '../../contract/catalog/checklist.ts';
import { workloadOf, type TargetEntry } from '../../contract/catalog/targets/index.ts';
import type { Ports } from '../../activities/ports/index.ts';
import type { Target } from '../../activities/ports/target.ts';
import { asEveryKind } from './fake-platform.ts';
import { targetEntry, World } from './world.ts';

type Place = CatalogEntry['settings'];

const productionWorkload = 'service-production';

/** A world with a second environment, `production`, whose platform and ledger are its own. */
export class TrainWorld extends World {
  readonly production: World;
  checklist: ChecklistEntry | null = null;
  /** Commits that were built, in order. */
  readonly built: string[] = [];

  constructor(staging: Partial<Place> = {}, production: Partial<Place> = {}) {
    super(staging);
    this.production = new World({ target: targetEntry(productionWorkload), ...production });
  }

  get stops(): CatalogEntry[] {
    return [this.entry, { ...this.production.entry, service: this.service, environment: 'production' }];
  }

  override ports(connection: Ports['connection'], environments: Ports['environments']): Ports {
    const [staging, production] = [
      super.ports(connection, environments),
      this.production.ports(connection, environments),
    ];
    // The harness brings up one service that answers for both.
    this.production.url = this.url;
    this.production.live = { ...this.production.live, url: this.url };
    const evidenceOf = (environment: string) => (environment === 'production' ? production : staging).evidence;
    return {
      ...staging,
      catalog: {
        ...staging.catalog,
        resolve: async (service, environment) =>
          this.stops.find((stop) => stop.service === service && stop.environment === environment) ?? {
            path: 'service',
            message: `unknown ${service}/${environment}`,
          },
        places: async () => this.stops,
        train: async (service) =>
          service === this.service
            ? { stops: this.stops, checklist: this.checklist }
            : { path: 'service', message: `unknown service ${service}` },
      },
      builds: {
        ...staging.builds,
        find: async (build, commit) =>
          this.built.includes(commit)
            ? staging.builds.run({
                build,
                repository: this.entry.repository,
                commit,
                change: '',
                progress: () => undefined,
                signal: new AbortController().signal,
              })
            : undefined,
        run: async (work) => {
          const artifact = await staging.builds.run(work);
          this.built.push(work.commit);
          return artifact;
        },
      },
      targets: asEveryKind(byWorkload(this.target(), this.production.target())),
      evidence: {
        appendLedger: (place, after, entries) => evidenceOf(place.environment).appendLedger(place, after, entries),
        readLedger: (place) => evidenceOf(place.environment).readLedger(place),
        summarizeLedger: (place) => evidenceOf(place.environment).summarizeLedger(place),
        keep: (text) => evidenceOf('staging').keep(text),
        read: (hash) => evidenceOf('staging').read(hash),
      },
    };
  }
}

/** Every method goes to the platform of the place that it names. */
function byWorkload(staging: Target, production: Target): Target {
  return new Proxy(staging, {
    get:
      (_target, name) =>
      (place: TargetEntry, ...rest: unknown[]) => {
        const method: unknown = Reflect.get(workloadOf(place) === productionWorkload ? production : staging, name);
        if (typeof method !== 'function') throw new TypeError(`${String(name)} is no method of a target`);
        return Reflect.apply(method, undefined, [place, ...rest]) as unknown;
      },
  });
}
