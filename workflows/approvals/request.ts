import { workflowInfo } from '@temporalio/workflow';
import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import { claimedBreakGlass } from '../../contract/people.ts';
import { verifying } from '../run/activities.ts';
import { ending } from '../run/failures.ts';
import { now } from '../run/journal.ts';
import { step, type StepContext } from '../run/step.ts';

/**
 * Requires the requester's signature where one of these environments has signed approvals. A stop of a release needs
 * none, since its release was checked; nor does a mitigation that was signed to its incident. Answers why an unsigned
 * request counts (a rollback's break-glass), else ''.
 */
export async function verifyRequest(
  context: StepContext,
  entries: readonly CatalogEntry[],
  raw: unknown,
  requestedBy: string,
): Promise<string> {
  const signed = entries.find(({ settings }) => settings.approvals.identity === 'signed');
  if (!signed || (await wasAskedAlready(requestedBy))) return '';
  const { service, environment } = signed;
  const { workflowType, workflowId, runId } = workflowInfo();
  const request = {
    service,
    environment,
    workflow: workflowType,
    workflowId,
    runId,
    requestedBy,
    input: raw as Record<string, unknown>,
  };
  const verdict = await step(
    context,
    'request',
    async () => {
      const summary = `request of ${requestedBy.slice(0, 100)}`;
      const found = await verifying(summary).checkRequest({ ...request, at: now() });
      if (found.kind === 'refused')
        throw ending(
          'InvalidInput',
          `request: ${environment} accepts only a signed request, and this one ${found.why}`,
        );
      return found;
    },
    {
      detail: (found) =>
        found.kind === 'breakGlass' ? claimedBreakGlass(`${requestedBy} as ${found.role}`) : `signed by ${requestedBy}`,
    },
  );
  if (verdict.kind !== 'breakGlass') return '';
  return claimedBreakGlass(`requested by ${requestedBy} as ${verdict.role}`);
}

/** Says whether the run that has started this one has asked for the requester's signature. */
async function wasAskedAlready(requestedBy: string): Promise<boolean> {
  const { parent, taskQueue, workflowId: own } = workflowInfo();
  if (!parent) return false;
  const { workflowId, runId } = parent;
  const started = { workflowId: own, requestedBy };
  return verifying('check who has asked for the signature').isRelease({ workflowId, runId, taskQueue, started });
}
