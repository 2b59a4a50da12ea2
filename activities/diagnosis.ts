import type { CatalogEntry } from '../contract/catalog/catalog.ts';
import { ownLog } from '../contract/catalog/targets/index.ts';
import { diagnose, withLastLines, type Diagnosis } from '../contract/diagnosis.ts';
import type { JobRun } from '../contract/live.ts';
import { SecretReader } from './redaction/secret-reader.ts';
import { describeEntry } from './incident/log-lines.ts';
import { fitToKeep, readSecrets } from './incident/redaction.ts';
import type { Ports } from './ports/index.ts';

export interface DiagnoseRequest {
  entry: CatalogEntry;
  /** What the change failed with. */
  message: string;
  /** When it began to change the target (RFC 3339). */
  since: string;
  /** Revisions that served before: what they write says nothing of this release. */
  served: string[];
  /** The migration that failed; null if none did. Then the cause is in its log, and the service's has none. */
  migration: JobRun | null;
}

const maxEntries = 500;

/** Finds out why a release probably failed (runbook 002, section 9). */
export function createDiagnosisActivities({ logs, secrets, targets }: Pick<Ports, 'logs' | 'secrets' | 'targets'>) {
  return {
    /** Matches the failure and what was written by what failed; none if nothing is known of it. */
    async diagnose(request: DiagnoseRequest): Promise<Diagnosis[]> {
      const { entry, message, migration } = request;
      const reader = new SecretReader(secrets, entry.settings.target);
      const [written] = await Promise.all([
        migration ? linesOfJob(entry, migration) : linesOfService(request),
        readSecrets(reader, entry),
      ]);
      const lines = written.map((line) => fitToKeep(line, reader));
      const found = diagnose([fitToKeep(message, reader), ...lines]);
      return migration ? withLastLines(found, lines) : found;
    },
  };

  async function linesOfService({ entry, since, served }: DiagnoseRequest): Promise<string[]> {
    const { target } = entry.settings;
    const entries = await logs.read(target, { filter: ownLog(target, served), since, until: null }, maxEntries);
    return entries.filter(({ revision }) => !served.includes(revision)).map((line) => describeEntry(line));
  }

  async function linesOfJob(
    { settings: { target } }: CatalogEntry,
    { execution, startedAt }: JobRun,
  ): Promise<string[]> {
    const { lines } = await targets[target.kind].executionLog(target, { execution, since: startedAt });
    return lines.filter((line) => line.trim() !== '');
  }
}
