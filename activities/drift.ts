import { describeServed } from '../contract/artifact.ts';
import { cutLine } from '../contract/cut-line.ts';
import { adoptedLines, maxDriftLines, uncompared, type Drift, type DriftReport } from '../contract/drift.ts';
import type { ServingRevision } from '../contract/live.ts';
import type { RunningRevision } from '../contract/ledger.ts';
import { invalidInput } from './failure.ts';
import { onlyServing } from './known-good/known-good.ts';
import type { Ports } from './ports/index.ts';
import { hasWords } from './redaction/shown-words.ts';

export interface DriftQuestion {
  service: string;
  environment: string;
  /** What runs, as the ledger has it; null if it does not know. */
  runs: RunningRevision | null;
  /** Differences that people have adopted. */
  adopted: readonly string[];
  /** True while a change may be writing: then it is only asked whether the service is there. */
  isHeld: boolean;
}

export interface PlaceCheck extends Pick<DriftReport, 'problems' | 'serving' | 'url' | 'notCompared'> {
  isNews: boolean;
}

export type DriftFinding = Pick<Drift, 'problems' | 'serves'> &
  Pick<DriftReport, 'url'> & { serving: ServingRevision[] };

const maxLineLength = 300;

/** Compares environments with their ledgers. */
export function createDriftActivities({
  catalog,
  environments,
  targets,
}: Pick<Ports, 'catalog' | 'environments' | 'targets'>) {
  return {
    /** Compares a place with what its environment knows; `isNews` says that the environment should hear of it. */
    async checkPlace({ service, environment }: Pick<DriftQuestion, 'service' | 'environment'>): Promise<PlaceCheck> {
      const state = await environments.statusOf(service, environment);
      const adopted = adoptedLines(state?.ledger ?? []);
      const question = { runs: state?.runs ?? null, adopted, isHeld: Boolean(state?.holder) };
      const { problems, serving, url } = await findDrift({ service, environment, ...question });
      const isNews = state !== null && !state.holder && (problems.length > 0 || Boolean(state.drift));
      return { problems, serving, ...(url !== undefined && { url }), notCompared: uncompared(state), isNews };
    },

    /**
     * Lists how what serves differs from the ledger and from the invariants (runbook 000, drift check): images,
     * traffic, settings, versions of secrets, and fields that others have set. Never a value. Writes nothing.
     */
    findDrift,
  };

  async function findDrift({ service, environment, runs, adopted, isHeld }: DriftQuestion): Promise<DriftFinding> {
    const entry = await catalog.resolve(service, environment);
    if ('message' in entry) throw invalidInput([entry]);
    const { target, migration } = entry.settings;
    const port = targets[target.kind];
    const live = await port.observe(target);
    const [first] = live.serving;
    if (!live.exists || !first)
      return {
        // While a single instance is replaced nothing may serve for a moment.
        problems:
          runs && !(isHeld && live.exists) ? [`nothing serves, but the ledger has ${describeServed(runs)}`] : [],
        serves: null,
        serving: [],
      };
    const artifact = { image: '', digest: first.digest, commit: first.commit };
    const withJob = migration !== undefined;
    // A candidate beside what serves, split traffic, a job that is ahead: a change at work has all of it.
    const { problems } = isHeld
      ? { problems: [] }
      : await port.readBack(target, { artifact, revision: null, withJob, withDrift: true });
    const certain = runs?.certain && !isHeld ? runs : null;
    const image =
      certain && certain.digest !== first.digest
        ? [
            `serves ${describeServed(first)}, ` +
              `but the ledger has ${describeServed(certain)} of change ${certain.change}`,
          ]
        : [];
    const settings = certain && image.length === 0 ? await port.settingsDrift(target, certain) : [];
    const lines = [...problems, ...image, ...settings].map((line) => cutLine(line, maxLineLength));
    const only = onlyServing(live);
    return {
      problems: shortened(lines.filter((line) => !hasWords(adopted, line))),
      serves: only ? { revision: only.revision, digest: only.digest, commit: only.commit } : null,
      serving: live.serving,
      ...(live.url !== '' && { url: live.url }),
    };
  }
}

function shortened(lines: string[]): string[] {
  if (lines.length <= maxDriftLines) return lines;
  return [...lines.slice(0, maxDriftLines), `and ${lines.length - maxDriftLines} more differences`];
}
