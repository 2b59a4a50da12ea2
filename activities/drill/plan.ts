import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import type { DrillPart, DrillPlan } from '../../contract/drill.ts';
import { finalFailure } from '../failure.ts';
import { hashOfDrill } from '../plan-hash.ts';
import type { Ports } from '../ports/index.ts';

export interface DrillPlanRequest {
  entry: CatalogEntry;
  change: string;
  parts: DrillPart[];
}

/** Reads what a drill would disturb. Throws where nothing serves, or where it is not at rest. Writes nothing. */
export async function planDrill(
  { targets }: Pick<Ports, 'targets'>,
  { entry, change, parts }: DrillPlanRequest,
): Promise<DrillPlan> {
  const { service, environment, settings } = entry;
  const target = targets[settings.target.kind];
  const [live, pending] = await Promise.all([target.observe(settings.target), target.pendingWork(settings.target)]);
  const where = `${service} in ${environment}`;
  const [only, ...others] = live.serving.filter(({ percent }) => percent > 0);
  if (!only) throw finalFailure('Missing', `nothing of ${where} serves: there is nothing to disturb`);
  const [unrest] = others.length > 0 ? ['several revisions serve', ...pending] : pending;
  if (unrest !== undefined) throw finalFailure('GateFailed', `${where} is not at rest: ${unrest}`);
  const { revision, digest, commit } = only;
  const artifact = { image: '', digest, commit };
  const { url, key } = live;
  const hash = hashOfDrill({ change, service, environment, parts, catalog: entry.hash, digest, revision });
  return { parts, artifact, revision, url, key, catalog: entry.hash, hash };
}
