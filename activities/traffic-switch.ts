import type { CatalogEntry } from '../contract/catalog/catalog.ts';
import type { TrafficState } from '../contract/disabled-traffic.ts';
import { finalFailure } from './failure.ts';
import type { GatePorts } from './gates/gate.ts';
import { throwSwitch, type ServiceSwitch, type Switched, type SwitchSubject } from './service-switch.ts';

export interface TrafficSwitchRequest extends SwitchSubject {
  /** Its name in the catalog. */
  switch: string;
  to: TrafficState;
}

/** Disables a risky path of a service's traffic by its declared switch, and enables it again. */
export function createTrafficSwitchActivities(ports: GatePorts) {
  return {
    switchTraffic: async (request: TrafficSwitchRequest): Promise<Switched<TrafficState>> =>
      throwSwitch(ports, trafficSwitchOf(request.entry, request.switch), request),
  };
}

function trafficSwitchOf({ settings, service, environment }: CatalogEntry, name: string): ServiceSwitch<TrafficState> {
  const { trafficSwitches = {} } = settings;
  const declared = Object.hasOwn(trafficSwitches, name) ? trafficSwitches[name] : undefined;
  if (!declared) throw finalFailure('BadRequest', `${service} declares no traffic switch ${name} for ${environment}`);
  const { disable, enable, check } = declared;
  return {
    what: `requests of ${name}`,
    marker: `traffic-${name}`,
    requests: { disabled: disable, enabled: enable },
    check,
    values: { disabled: check.disabled, enabled: check.enabled },
  };
}
