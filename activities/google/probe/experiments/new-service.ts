import type { Service } from '../../cloud-run/resources.ts';
import type { Trial } from '../trial.ts';
import { createService } from '../writes.ts';

/** Names the revision of the service that the probe makes, as Slipway names those that it stages. */
export const firstRevision = (name: string): string => `${name}-first`;

/** A service whose template names its revision. Nobody from outside can call it, and it rests without an instance. */
export function newService(trial: Trial): Promise<Service> {
  return createService(trial, {
    ingress: 'INGRESS_TRAFFIC_INTERNAL_ONLY',
    template: {
      revision: firstRevision(trial.name),
      scaling: { minInstanceCount: 0, maxInstanceCount: 1 },
      containers: [{ image: trial.images.service, env: [{ name: 'PROBE', value: 'service' }] }],
    },
  });
}
