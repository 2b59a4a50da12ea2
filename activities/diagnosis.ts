import type { CatalogEntry } from '../contract/catalog/catalog.ts';
import { ownLog } from '../contract/catalog/targets/index.ts';
import { diagnose, type Diagnosis } from '../contract/diagnosis.ts';
import { SecretReader } from './gates/secrets.ts';
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
}

const maxEntries = 500;

/** Finds out why a release probably failed (runbook 002, section 9). */
export function createDiagnosisActivities({ logs, secrets }: Pick<Ports, 'logs' | 'secrets'>) {
  return {
    /** Matches the failure and the lines that the new revision wrote; none if nothing is known of them. */
    async diagnose({ entry, message, since, served }: DiagnoseRequest): Promise<Diagnosis[]> {
      const { target } = entry.settings;
      const reader = new SecretReader(secrets, target);
      const query = { filter: ownLog(target, served), since, until: null };
      const [entries] = await Promise.all([logs.read(target, query, maxEntries), readSecrets(reader, entry)]);
      const lines = entries.filter(({ revision }) => !served.includes(revision)).map((line) => describeEntry(line));
      return diagnose([message, ...lines].map((text) => fitToKeep(text, reader)));
    },
  };
}
