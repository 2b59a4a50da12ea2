import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import type { DrillPartReport, DrillPlan, Instance } from '../../contract/drill.ts';
import type { GatePorts } from '../gates/gate.ts';
import type { Ports } from '../ports/index.ts';
import { drillPart, instancesOf, type DrillPartRequest } from './part.ts';
import { planDrill, type DrillPlanRequest } from './plan.ts';

/** Activities of a drill: what it disturbs, and how (runbook 001, section 8). */
export function createDrillActivities(ports: GatePorts & Pick<Ports, 'instances'>) {
  return {
    planDrill: async (request: DrillPlanRequest): Promise<DrillPlan> => planDrill(ports, request),

    /** Lists the instances that serve. Recorded first, so that each is ended at most once. */
    listInstances: async ({ entry }: { entry: CatalogEntry }): Promise<Instance[]> =>
      instancesOf(ports, entry).list(entry.settings.target),

    drillPart: async (request: DrillPartRequest): Promise<DrillPartReport> => drillPart(ports, request),
  };
}
