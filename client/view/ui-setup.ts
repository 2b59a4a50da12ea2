import type { AttributeState } from '../api/search-attributes.ts';
import type { Colors } from '../cli/output.ts';
import { cleanLine } from '../cli/text.ts';

/** What the Temporal UI needs to be a dashboard, and how a browser gets it. */
export interface UiSetup {
  attributes: {
    name: AttributeState['name'];
    state: AttributeState['state'] | 'created' | 'would be created';
    /** Why the server has not created it. */
    reason?: string;
  }[];
  columns: string[];
  /** A line for the console of a browser. */
  columnsLine: string;
  /** The list in the Temporal UI; null when no UI is known. */
  list: string | null;
  views: { name: string; query: string; link: string | null }[];
}

/** Shows what was set, and what each person does once in their browser. */
export function uiSetupLines({ attributes, columns, columnsLine, list, views }: UiSetup, colors: Colors): string[] {
  const title = (text: string): string => colors.bold(text);
  return [
    title('search attributes of the namespace, for filters and columns'),
    ...attributes.map((one) => attributeLine(one, colors)),
    ...helpLines(attributes),
    '',
    title('views: open each link once, and the UI keeps it among its saved views'),
    ...views.flatMap(({ name, query, link }) => [`  ${cleanLine(name)}`, `    ${colors.dim(link ?? query)}`]),
    ...(list === null ? ['  no UI is known, so these are the filters: set TEMPORAL_UI_URL for links'] : []),
    '',
    title('columns: each browser keeps its own, and no server can set them'),
    `  by hand: in the list ${list ?? ''} the gear below it on the right; then add, order and remove until there are`,
    `    ${columns.join(', ')}`,
    '  or paste this into the console of the browser (F12) while the list is open:',
    `    ${columnsLine}`,
  ];
}

function attributeLine({ name, state, reason }: UiSetup['attributes'][number], colors: Colors): string {
  const paint = state === 'missing' || state === 'of another type' ? colors.red : colors.green;
  return `  ${name.padEnd(20)} ${paint(state)}${reason === undefined ? '' : `: ${cleanLine(reason)}`}`;
}

function helpLines(attributes: UiSetup['attributes']): string[] {
  const missing = attributes
    .filter(({ state }) => state === 'missing')
    .map(({ name }) => `--name ${name} --type Keyword`);
  const other = attributes.filter(({ state }) => state === 'of another type').map(({ name }) => name);
  return [
    ...(missing.length > 0
      ? ['  an administrator creates them:', `    temporal operator search-attribute create ${missing.join(' ')}`]
      : []),
    ...(other.length > 0 ? [`  must be of type Keyword, so runs cannot set them: ${other.join(', ')}`] : []),
  ];
}
