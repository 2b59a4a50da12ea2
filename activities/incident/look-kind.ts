import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import type { LogQuestion, LogWindow } from '../../contract/catalog/targets/kind.ts';
import type { Look, Point } from '../../contract/incident/look.ts';
import type { Finding } from '../../contract/verdict.ts';
import type { SecretReader } from '../redaction/secret-reader.ts';
import type { Ports } from '../ports/index.ts';

export type IncidentPorts = Pick<
  Ports,
  'targets' | 'logs' | 'metrics' | 'programs' | 'alerts' | 'secrets' | 'sources' | 'environments' | 'evidence'
>;

export interface LookRequest extends LogWindow {
  entry: CatalogEntry;
  look: Look;
  /** The incident's id, by which the service knows requests of its triage. */
  incident: string;
}

export interface LookContext extends Omit<LookRequest, 'look'> {
  ports: IncidentPorts;
  /** Hides secrets in what is found. */
  secrets: SecretReader;
  /** Aborted when the time for the look is over. */
  signal: AbortSignal;
}

/** What is asked, and where: known before there is an answer, and shown if there is none. */
export interface Question extends LogQuestion {
  /** Null if it is asked about now. */
  window: LogWindow | null;
}

export interface Answer extends Finding {
  count: number | null;
  /** The first lines, or one line a group. They are made printable and short, and their secrets are hidden. */
  lines: string[];
  /** Values over the window. */
  points?: Point[];
}

/** Describes a kind of look. An answer may throw: then its source did not answer, and the evidence says so. */
export interface LookKind<Kind extends Look = Look> {
  question(look: Kind, context: LookContext): Question;
  answer(look: Kind, context: LookContext): Promise<Answer>;
}

/** The most first lines, and the most lines of groups, that an answer has. */
export const maxLines = 10;
export const maxGroups = 12;
