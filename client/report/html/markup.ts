import { cleanText } from '../../cli/text.ts';

/**
 * HTML by tagged templates: every value is escaped, unless it is markup already. A library of templates would bring a
 * renderer for browsers or files of its own beside the code; what is needed is this one rule.
 */
export interface Markup {
  markup: string;
}

type Value = string | number | Markup | readonly Markup[];

const entities: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

/** Makes markup of a template; its values are text, or markup that was made so. */
export function html(parts: TemplateStringsArray, ...values: Value[]): Markup {
  return { markup: parts.reduce((before, part, index) => `${before}${written(values[index - 1])}${part}`) };
}

/** Makes a link, or the bare text where the address is none of a web page: such a link could run a script. */
export function webLink(address: string, text: string | Markup): Markup {
  const { protocol = '' } = URL.parse(address) ?? {};
  return ['http:', 'https:'].includes(protocol)
    ? html`<a href="${address}" rel="noreferrer noopener">${text}</a>`
    : html`${typeof text === 'string' ? address : text}`;
}

function written(value: Value | undefined): string {
  if (typeof value === 'string' || typeof value === 'number')
    return cleanText(String(value)).replace(/[&<>"']/g, (sign) => entities[sign] ?? sign);
  if (value === undefined) return '';
  return 'markup' in value ? value.markup : value.map(({ markup }) => markup).join('');
}
