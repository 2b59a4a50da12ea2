import { change } from '../resources/collections.ts';
import type { RunParts, RunState } from '../resources/collections.ts';
import type { Instances, StartFailure } from './instances.ts';
import { caller, condition, newMetadata, now, withConditions } from '../resources/metadata.ts';
import { logUri, shortName } from '../resources/names.ts';
import { pinImage } from '../containers/pinned-images.ts';
import { servingContainer } from '../resources/defaults.ts';
import type { Revision, Service } from '../resources/resources.ts';
import { revisionLog } from '../containers/container-log.ts';

/** Makes a new revision from a service's template; its conditions are still pending. */
export function newRevision({ cloud, state }: RunParts, service: Service, name: string): Revision {
  const { template } = service;
  const short = shortName(service.name);
  const container = servingContainer(template);
  const image = container && cloud.images.resolve(container.image);
  if (container && image) pinImage(state, name, container.image, image.digest);
  const labels = {
    ...template.labels,
    'run.googleapis.com/startupProbeType': container?.startupProbe?.httpGet ? 'Http' : 'Default',
  };
  return {
    ...newMetadata(name, labels, template.annotations),
    service: service.name,
    launchStage: service.launchStage,
    creator: caller,
    scaling: template.scaling,
    timeout: template.timeout,
    serviceAccount: template.serviceAccount,
    containers: template.containers,
    executionEnvironment: template.executionEnvironment,
    maxInstanceRequestConcurrency: template.maxInstanceRequestConcurrency,
    logUri: logUri(cloud.project, `cloud_run_revision/service_name/${short}/revision_name/${shortName(name)}`),
    conditions: [condition('Ready', 'CONDITION_PENDING'), condition('ContainerReady', 'CONDITION_PENDING')],
  };
}

/** Starts the revision's first instance and writes down whether it can serve. Ready and failed are both final. */
export async function bringUp({ cloud, state }: RunParts, instances: Instances, name: string): Promise<void> {
  const revision = change(state.revisions, name, (present) => ({
    ...present,
    conditions: withConditions(present.conditions, [
      condition('Ready', 'CONDITION_RECONCILING', { message: 'Deploying revision.' }),
    ]),
  }));
  if (!revision) return;
  const began = Date.now();
  const outcome = await instances.ensure(revision);
  const failure = 'port' in outcome ? undefined : outcome;
  settle(state, name, failure);
  const seconds = ((Date.now() - began) / 1000).toFixed(2);
  const message = failure?.message ?? `Deploying revision succeeded in ${seconds}s.`;
  const status = failure ? 'False' : 'True';
  revisionLog(cloud, revision.service, name).systemEvent(
    failure ? 'ERROR' : 'NOTICE',
    `Ready condition status changed to ${status} for Revision ${shortName(name)} with message: ${message}`,
  );
}

function settle(state: RunState, name: string, failure: StartFailure | undefined): void {
  const verdict = failure ? 'CONDITION_FAILED' : 'CONDITION_SUCCEEDED';
  const health = failure?.reason === 'HEALTH_CHECK_CONTAINER_ERROR';
  const details = failure
    ? { message: failure.message, ...(health ? { revisionReason: failure.reason } : { reason: failure.reason }) }
    : {};
  const types = failure
    ? ['Ready', 'ContainerReady']
    : ['Ready', 'ContainerReady', 'ResourcesAvailable', 'ContainerHealthy'];
  change(state.revisions, name, (present) => ({
    ...present,
    reconciling: false,
    observedGeneration: present.generation,
    updateTime: now(),
    conditions: withConditions(
      present.conditions,
      types.map((type) => condition(type, verdict, details)),
    ),
  }));
}
