import type { CallError } from '../../call.ts';
import { withoutPlatformKeys } from '../../cloud-run/platform-keys.ts';
import type { RevisionTemplate, Service } from '../../cloud-run/resources.ts';
import { outcomeOf } from '../refusal.ts';
import type { Trial } from '../trial.ts';
import { readService, settledService, updateService } from '../writes.ts';
import { newService } from './new-service.ts';

export interface UpdatedService {
  before: Service;
  /** Undefined if the platform accepted the update. */
  refusal: CallError | undefined;
  /** The service at rest after the update, or as it was. */
  after: Service;
}

/** Changes some fields of the probe's service, as Slipway does: by a mask. */
export async function updatedService(
  trial: Trial,
  paths: string[],
  change: (service: Service) => Partial<Service>,
): Promise<UpdatedService> {
  await trial.once(newService);
  const before = await readService(trial);
  const { refusal } = await outcomeOf(updateService(trial, { ...before, ...change(before) }, paths));
  return { before, refusal, after: refusal ? before : await settledService(trial) };
}

/** Makes a template that was read one that may be sent, as Slipway does: without keys of the platform. */
export function sendable(template: RevisionTemplate | null | undefined): RevisionTemplate {
  return {
    ...template,
    labels: withoutPlatformKeys(template?.labels),
    annotations: withoutPlatformKeys(template?.annotations),
  };
}
