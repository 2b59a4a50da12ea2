import { cutLine } from '../cut-line.ts';
import type { IncidentInput } from '../inputs.ts';
import { categoryOfAlert } from './categories/index.ts';
import type { Episode } from './episode.ts';
import { severities, severityOf, type Severity } from './severity.ts';

const maxTitle = 200;
const minTitle = 3;

/**
 * Makes the input of an incident that alerts open: title and category of the gravest that fires. Severity and category
 * are left to the incident where no alert tells them.
 */
export function incidentInputOf(
  { service, environment }: Pick<IncidentInput, 'service' | 'environment'>,
  episodes: readonly Episode[],
): Omit<IncidentInput, 'alerts'> {
  const firing = episodes.filter(({ status }) => status === 'firing');
  const severity = gravest(firing);
  const lead = firing.find((one) => severityOf(one.severity) === severity) ?? firing[0] ?? episodes[0];
  const name = lead?.name ?? 'alert';
  const category = categoryOfAlert(name);
  const title = lead && lead.summary.length >= minTitle ? lead.summary : `alert ${name}`;
  return {
    service,
    environment,
    title: cutLine(title, maxTitle),
    openedBy: 'alertmanager',
    ...(severity === null ? {} : { severity }),
    ...(category === null ? {} : { category }),
  };
}

function gravest(episodes: readonly Episode[]): Severity | null {
  const found = episodes.map(({ severity }) => severityOf(severity));
  return severities.find((severity) => found.includes(severity)) ?? null;
}
