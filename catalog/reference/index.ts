import { catalogJsonSchema } from '../json-schema.ts';
import { introduction } from './introduction.ts';
import { referencePage } from './page.ts';

/** Writes the reference of catalog files as Markdown, with `example` as a whole one. */
export function catalogReference(example: string): string {
  return referencePage(catalogJsonSchema(), introduction(example));
}
