import { workflowInfo } from '@temporalio/workflow';
import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import { verifying } from '../run/activities.ts';
import { ending } from '../run/failures.ts';
import { now } from '../run/record.ts';
import { step, type Stepping } from '../run/step.ts';

/**
 * Where approvals are signed, who asks has signed what they ask for. A stop of a release is asked for by the release,
 * which was checked itself. Answers how the glass was broken, where it was: a rollback is never blocked (invariant
 * I6).
 */
export async function proveRequest(
  run: Stepping,
  places: readonly CatalogEntry[],
  raw: unknown,
  requestedBy: string,
): Promise<string> {
  const strict = places.find(({ settings }) => settings.approvals.identity === 'signed');
  if (!strict || (await isStop())) return '';
  const { service, environment } = strict;
  const { workflowType, workflowId } = workflowInfo();
  const input = raw as Record<string, unknown>;
  const verdict = await step(
    run,
    'request',
    async () => {
      const found = await verifying(`request of ${requestedBy.slice(0, 100)}`).checkRequest({
        service,
        environment,
        workflow: workflowType,
        workflowId,
        requestedBy,
        input,
        at: now(),
      });
      if (found.kind === 'refused')
        throw ending('InvalidInput', `request: ${environment} wants it signed, and it ${found.why}`);
      return found;
    },
    {
      detail: (found) =>
        found.kind === 'signed'
          ? `signed by ${requestedBy}`
          : `break-glass by ${requestedBy} as ${found.kind === 'breakGlass' ? found.role : ''}, unsigned`,
    },
  );
  return verdict.kind === 'breakGlass' ? `break-glass by ${requestedBy} as ${verdict.role}: asked for unsigned` : '';
}

async function isStop(): Promise<boolean> {
  const { parent } = workflowInfo();
  return parent
    ? verifying('is the run above a release?').isRelease({ workflowId: parent.workflowId, runId: parent.runId })
    : false;
}
