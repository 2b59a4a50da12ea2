import type { DrillPlan, DrillResult } from '../../contract/drill.ts';
import { awaiting } from '../run/activities.ts';
import { ending, finalAnswer } from '../run/failures.ts';
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
  return runDrill(raw, carryOut);
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
    const found = await awaiting('read back what is served').readBack({ entry, artifact, revision });
    if (found.problems.length > 0)
      throw ending('Drifted', `what serves is not what served before: ${found.problems.join('; ')}`);
    return found;
  };
  await step(run, 'read-back', look, { detail: () => `${revision} serves, as before` });
}
