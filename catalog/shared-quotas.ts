import type { CatalogProblem, LoadedService } from './load.ts';

/** Finds where two environments or services say different figures for one quota: the project has it once. */
export function sharedQuotas(services: Iterable<LoadedService>): CatalogProblem[] {
  const said = new Map<string, { calls: number; owner: string }>();
  const problems: CatalogProblem[] = [];
  for (const { file, entry } of services)
    for (const [environment, { target }] of Object.entries(entry.environments)) {
      if (target.kind !== 'cloudRun') continue;
      for (const [quota, calls] of Object.entries(target.quotas ?? {})) {
        const place = quota === 'logReadsPerMinute' ? target.project : `${target.project} in ${target.region}`;
        const { calls: first, owner } = said.get(`${quota} of ${place}`) ?? { calls, owner: '' };
        if (first === calls) said.set(`${quota} of ${place}`, { calls, owner: `${entry.service} in ${environment}` });
        else {
          const message = `must be ${first}, as ${owner} says: ${place} has this quota once`;
          problems.push({ file, line: 1, path: `environments.${environment}.target.quotas.${quota}`, message });
        }
      }
    }
  return problems;
}
