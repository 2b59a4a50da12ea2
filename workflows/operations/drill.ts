import { CancellationScope } from '@temporalio/workflow';
import type { DrillPlan, DrillResult } from '../../contract/drill.ts';
import { countOf } from '../../contract/plan.ts';
import { reading } from '../run/activities.ts';
import { ending, finalAnswer, isExpected, isFailure, messageOf } from '../run/failures.ts';
import { step } from '../run/step.ts';
import { approveDrill } from './drill-approval.ts';
import { disturb } from './drill-part.ts';
import { enterForDrill, planDrill } from './drill-plan.ts';
import { runDrill, type Drill } from './drill-run.ts';

/**
 * Disturbs a service on purpose while clients stream against it, and reports what they saw (runbook 001, section 8). It
 * holds the environment as a change does, and leaves the same revision as it found.
 */
export async function drill(raw: unknown): Promise<DrillResult> {
  return runDrill(raw, async (opened) => {
    try {
      return await opened.interruption.interruptible(() => carryOut(opened));
    } catch (error) {
      throw await leaveFailed(opened, error);
    }
  });
}

async function carryOut(opened: Drill): Promise<DrillResult> {
  const { entry, lease, run, request } = opened;
  const proposed = await planDrill(opened);
  await approveDrill(opened, proposed);
  const plan = await enterForDrill(opened, proposed);
  for (const part of plan.parts) await disturb(opened, plan, part);
  await readBack(opened, plan);
  const reports = run.record.status.drill ?? [];
  const unclear = reports.filter(({ verdict }) => verdict !== 'pass');
  if (unclear.length > 0)
    throw finalAnswer(`inconclusive: ${unclear.map(({ part, reason }) => `${part}: ${reason}`).join('; ')}`);
  const outcome = `drilled: every client came back after ${plan.parts.join(', ')}`;
  await lease.finish({ entry: { kind: 'drill', outcome, ...request, serves: 'unchanged' } });
  const { service, environment } = entry;
  const { revision, artifact } = plan;
  return { outcome, change: run.id, service, environment, digest: artifact.digest, revision, parts: reports };
}

/** Reads back that the same image and the same revision serve as before (invariant I7). */
async function readBack({ entry, run }: Drill, { artifact, revision }: DrillPlan): Promise<void> {
  const look = async () => {
    const found = await reading('read back what is served').readBack({ entry, artifact, revision });
    if (found.problems.length > 0)
      throw ending('Drifted', `what serves is not what served before: ${found.problems.join('; ')}`);
    return found;
  };
  await step(run, 'read-back', look, { detail: () => `${revision} serves, as before` });
}

/**
 * Leaves the environment of a drill that did not succeed. There is nothing to restore: what was ended, the platform
 * replaces by itself.
 */
async function leaveFailed({ lease, request, run }: Drill, error: unknown): Promise<unknown> {
  if (!isExpected(error)) return error;
  const why = messageOf(error);
  if (isFailure(error, 'StaleFence')) return ending('Preempted', `a change has taken the environment: ${why}`, error);
  const parts = run.record.status.drill?.length ?? 0;
  await CancellationScope.nonCancellable(() =>
    lease.finish({
      entry: {
        kind: 'drill',
        outcome: `${why}; ${countOf(parts, 'part')} had ended`,
        ...request,
        serves: isFailure(error, 'Drifted') ? 'unknown' : 'unchanged',
      },
    }),
  );
  return error;
}
