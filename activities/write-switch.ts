import type { CatalogEntry } from '../contract/catalog/catalog.ts';
import type { WriteState } from '../contract/catalog/write-switch.ts';
import { finalFailure } from './failure.ts';
import type { GatePorts } from './gates/gate.ts';
import { throwSwitch, type ServiceSwitch, type Switched, type SwitchSubject } from './service-switch.ts';

export interface SwitchRequest extends SwitchSubject {
  to: WriteState;
}

export type SwitchResult = Switched<WriteState>;

/**
 * Switches a service's writes off and on, while its schema is repaired by hand (runbook 004, rollback procedure, step
 * 4).
 */
export function createWriteSwitchActivities(ports: GatePorts) {
  return {
    switchWrites: async (request: SwitchRequest): Promise<SwitchResult> =>
      throwSwitch(ports, writeSwitchOf(request.entry), request),
  };
}

function writeSwitchOf({ settings, service, environment }: CatalogEntry): ServiceSwitch<WriteState> {
  if (!settings.writeSwitch) throw finalFailure('BadRequest', `${service} declares no writeSwitch for ${environment}`);
  const { freeze, thaw, check } = settings.writeSwitch;
  return {
    what: 'writes',
    marker: 'write-switch',
    requests: { frozen: freeze, thawed: thaw },
    check,
    values: { frozen: check.frozen, thawed: check.thawed },
  };
}
