import type { Cloud } from '../../core/cloud.ts';
import { change } from '../resources/collections.ts';
import type { RunState } from '../resources/collections.ts';
import type { Instances, StartFailure } from './instances.ts';
import { condition, creator, newMetadata, now, withConditions } from '../resources/metadata.ts';
import { shortName } from '../resources/names.ts';
import type { Revision, Service } from '../resources/resources.ts';
import { revisionLog } from '../resources/run-logs.ts';

/** A new revision from a service's template; it has no conditions that tell anything yet. */
export function newRevision(cloud: Cloud, state: RunState, service: Service, name: string): Revision {
  const { template } = service;
  const short = shortName(service.name);
  const container = template.containers[0];
  const image = container && cloud.images.resolve(container.image);
  if (container && image) state.pinnedImages.put(name, withDigest(container.image, image.digest));
  const labels = {
    ...template.labels,
    'run.googleapis.com/startupProbeType': container?.startupProbe?.httpGet ? 'Http' : 'Default',
  };
  return {
    ...newMetadata(name, labels, template.annotations),
    service: short === '' ? '' : service.name,
    launchStage: service.launchStage,
    creator,
    scaling: template.scaling,
    timeout: template.timeout,
    containers: template.containers,
    executionEnvironment: template.executionEnvironment,
    maxInstanceRequestConcurrency: template.maxInstanceRequestConcurrency,
    logUri: `https://console.cloud.google.com/logs/viewer?project=${cloud.project}&resource=cloud_run_revision/service_name/${short}/revision_name/${shortName(name)}`,
    conditions: [condition('Ready', 'CONDITION_PENDING'), condition('ContainerReady', 'CONDITION_PENDING')],
  };
}

/** An image reference by the digest that it has now. */
export function withDigest(reference: string, digest: string): string {
  const repository = reference.replace(/@sha256:[0-9a-f]{64}$/, '').replace(/:[\w][\w.-]{0,127}$/, '');
  return `${repository}@${digest}`;
}

/** Starts the revision's first instance and writes down whether it can serve. Ready and failed are both final. */
export async function bringUp(cloud: Cloud, state: RunState, instances: Instances, name: string): Promise<void> {
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
  const log = revisionLog(cloud, revision.service, name);
  if (failure)
    log.systemEvent(
      'ERROR',
      `Ready condition status changed to False for Revision ${shortName(name)} with message: ${failure.message}`,
    );
  else
    log.systemEvent(
      'NOTICE',
      `Ready condition status changed to True for Revision ${shortName(name)} with message: Deploying revision succeeded in ${((Date.now() - began) / 1000).toFixed(2)}s.`,
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
