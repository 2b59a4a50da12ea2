import type { Cloud, Part } from '../core/cloud.ts';
import { openRunState } from './resources/collections.ts';
import { executionsService, resumeExecutions, tasksService } from './jobs/executions.ts';
import { createExecutor } from './jobs/executor.ts';
import { createInstances } from './services/instances.ts';
import { resumeJobs } from './jobs/job-reconciler.ts';
import { jobsService } from './jobs/jobs.ts';
import { firstVersionRoutes } from './first-version.ts';
import { namingImages } from './containers/named-images.ts';
import { endOrphans } from '../../containers/orphans.ts';
import { linkStackModules } from '../../containers/stack-modules.ts';
import { createProxy } from './services/proxy.ts';
import { metricsRoute, RequestMetrics } from './services/request-metrics.ts';
import { targetsRoute } from './services/scrape-targets.ts';
import { revisionsService } from './services/revisions.ts';
import { concludeLeftovers } from './resources/run-operations.ts';
import { resumeServices, servicesService } from './services/services.ts';

/** Creates Cloud Run Admin v2: services, revisions, jobs, executions, tasks. */
export function createRun(cloud: Cloud): Part {
  const state = openRunState(cloud);
  const instances = createInstances({ cloud, state });
  const metrics = new RequestMetrics(cloud);
  const proxy = createProxy({ cloud, state, instances, metrics });
  const executor = createExecutor({ cloud, state });
  const parts = { cloud, state, instances, proxy, executor, starting: new Map<string, Promise<void>>() };
  return {
    http: [metricsRoute(metrics), targetsRoute(instances), ...firstVersionRoutes(parts)],
    rpc: [
      servicesService(parts),
      namingImages(cloud, revisionsService(parts)),
      namingImages(cloud, jobsService(parts)),
      namingImages(cloud, executionsService(parts)),
      tasksService(parts),
    ],
    start: async () => {
      linkStackModules(cloud.dir);
      endOrphans(state.processes);
      concludeLeftovers(cloud);
      await resumeServices(parts);
      resumeJobs(parts);
      resumeExecutions(parts);
    },
    stop: async () => {
      proxy.closeAll();
      await Promise.all([instances.stopAll(), executor.stopAll()]);
    },
  };
}
