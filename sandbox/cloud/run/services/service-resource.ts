import { completeTemplate } from '../resources/defaults.ts';
import { applyMask } from '../resources/field-mask.ts';
import { messageType } from '../resources/messages.ts';
import { caller, newMetadata, nextMetadata, pendingStatus } from '../resources/metadata.ts';
import type { Condition, Service } from '../resources/resources.ts';
import { checkAnnotations, checkLabels } from '../resources/platform-keys.ts';
import { checkTemplate, checkTraffic, Violations } from '../resources/validation.ts';
import { latestTarget } from './traffic.ts';

const statusConditions = ['RoutesReady', 'ConfigurationsReady'];

/** Refuses a service whose template, traffic or annotations are not valid. */
export function checkService(id: string, service: Service): void {
  const violations = new Violations();
  checkTemplate(violations, id, service.template);
  checkTraffic(violations, id, service.traffic);
  checkAnnotations(violations, 'service.annotations', service.annotations);
  checkLabels(violations, 'service.labels', service.labels);
  violations.throwIfAny();
}

/** Takes the masked fields from the request, the others from the present service; without a mask all. */
export function mergeService(present: Service, given: Service, paths: string[]): Service {
  const named = { ...given, name: present.name };
  if (paths.length === 0 || paths.includes('*')) return named;
  return applyMask(
    messageType('Service'),
    present,
    named,
    paths.filter((path) => path !== 'etag' && path !== 'name'),
  );
}

/** Makes a new service as it is stored when its creation was accepted. */
export function newService(name: string, wanted: Service, uri: string): Service {
  return {
    ...wanted,
    ...newMetadata(name, wanted.labels, wanted.annotations),
    ...pendingStatus(statusConditions),
    ...settable(wanted),
    ...addresses(wanted, uri),
    creator: caller,
    lastModifier: caller,
    trafficStatuses: [],
    latestCreatedRevision: '',
    latestReadyRevision: '',
    before: {
      ...{ ingress: 'INGRESS_TRAFFIC_UNSPECIFIED', uri: '', urls: [], latestCreatedRevision: '', conditions: [] },
      terminalCondition: { state: 'CONDITION_PENDING' } as Condition,
    },
  };
}

/** Makes the next state of a service as it is stored when its change was accepted. */
export function nextService(present: Service, wanted: Service, uri: string): Service {
  const { conditions, latestCreatedRevision, terminalCondition } = { ...present, ...present.before };
  return {
    ...wanted,
    ...settable(wanted),
    ...pendingStatus(statusConditions),
    ...nextMetadata(present),
    ...addresses(wanted, uri),
    trafficStatuses: present.trafficStatuses,
    latestCreatedRevision: present.latestCreatedRevision,
    latestReadyRevision: present.latestReadyRevision,
    before: {
      ...{ conditions, latestCreatedRevision },
      terminalCondition: pendingAgain(terminalCondition),
    },
  };
}

/** Platform: the condition of a change that has not begun keeps the time of the one before. */
export function pendingAgain({ type, lastTransitionTime }: Condition): Condition {
  return { type, state: 'CONDITION_PENDING', lastTransitionTime };
}

function addresses({ defaultUriDisabled }: Service, uri: string): Pick<Service, 'uri' | 'urls'> {
  const shown = defaultUriDisabled ? '' : uri;
  return { uri: shown, urls: shown === '' ? [] : [shown] };
}

function settable(wanted: Service): Pick<Service, 'template' | 'traffic' | 'ingress' | 'launchStage'> {
  return {
    template: completeTemplate(wanted.template),
    traffic: wanted.traffic.length > 0 ? wanted.traffic : [latestTarget],
    ingress: wanted.ingress === 'INGRESS_TRAFFIC_UNSPECIFIED' ? 'INGRESS_TRAFFIC_ALL' : wanted.ingress,
    launchStage: wanted.launchStage === 'LAUNCH_STAGE_UNSPECIFIED' ? 'GA' : wanted.launchStage,
  };
}
