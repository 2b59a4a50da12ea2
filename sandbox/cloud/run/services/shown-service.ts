import type { WorldValues } from '../../core/world.ts';
import type { TypedMessage } from '../../core/operations.ts';
import type { RunParts } from '../resources/collections.ts';
import { runMessage } from '../resources/messages.ts';
import { withPlatformKeys } from '../resources/platform-keys.ts';
import type { Service } from '../resources/resources.ts';

/** Answers a service as this world's platform shows it. What is stored knows more than what is shown. */
export function shownService({ cloud }: RunParts, service: Service): Service {
  const world = cloud.world.now;
  const { before, ...present } = service;
  const shown = world.lateStatus && before ? { ...present, ...before } : present;
  return {
    ...shown,
    trafficStatuses: shown.trafficStatuses.map((status) => shownStatus(world, status)),
    ...(world.platformKeys && {
      annotations: withPlatformKeys(shown.annotations),
      template: {
        ...shown.template,
        labels: withPlatformKeys(shown.template.labels),
        annotations: withPlatformKeys(shown.template.annotations),
      },
    }),
  };
}

/** Packs a service as it is shown, for an operation's metadata and response. */
export function serviceMessage(parts: RunParts, service: Service): TypedMessage {
  return runMessage('Service', shownService(parts, service));
}

function shownStatus(
  { latestNamesRevision }: WorldValues,
  status: Service['trafficStatuses'][number],
): Service['trafficStatuses'][number] {
  const isLatest = status.type === 'TRAFFIC_TARGET_ALLOCATION_TYPE_LATEST';
  return isLatest && !latestNamesRevision ? { ...status, revision: '' } : status;
}
