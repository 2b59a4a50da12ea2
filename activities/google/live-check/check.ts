import type { CatalogEntry } from '../../../contract/catalog/catalog.ts';
import type { Finding } from '../../../contract/verdict.ts';
import type { ReadContext } from '../cloud-run/session.ts';

/** What a check looks at: one entry of the catalog, and the platform that it names. */
export interface LiveContext extends ReadContext {
  entry: CatalogEntry;
}

/** One thing that an entry needs of the platform. */
export interface LiveCheck {
  name: string;
  /** Answers null where the entry needs no such thing. */
  look(context: LiveContext): Promise<Finding | null>;
}
