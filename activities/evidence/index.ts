import type { GatePorts } from '../gates/gate.ts';
import type { Ports } from '../ports/index.ts';
import { createProgramActivities } from './program.ts';
import { createSealActivities } from './seal.ts';
import { createTicketActivities } from './ticket.ts';

/** Makes the activities by which the evidence of a release is gathered and kept. */
export function createEvidenceActivities(ports: GatePorts & Pick<Ports, 'evidence' | 'tickets' | 'workerSecrets'>) {
  return { ...createProgramActivities(ports), ...createSealActivities(ports), ...createTicketActivities(ports) };
}
