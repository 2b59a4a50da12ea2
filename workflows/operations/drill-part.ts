import {
  drillSteps,
  type DrillPart,
  type DrillPartReport,
  type DrillPlan,
  type Instance,
} from '../../contract/drill.ts';
import { awaiting, writing } from '../run/activities.ts';
import { finalAnswer } from '../run/failures.ts';
import { step } from '../run/step.ts';
import type { Drill } from './drill-run.ts';

/**
 * Carries out one part and keeps its report. What is to be ended is recorded first, by id: a repeat ends nothing else.
 * A service that clients do not come back to ends the drill here.
 */
export async function disturb(drill: Drill, plan: DrillPlan, part: DrillPart): Promise<void> {
  const { run, entry, lease } = drill;
  const { record } = run;
  const name = drillSteps[part];
  record.enter('drilling');
  const carryOut = async (attempt: number): Promise<DrillPartReport> => {
    const instances = await instancesFor(drill, part);
    const marker = lease.marker(name, attempt);
    const attemptKey = `${name}${attempt}`;
    const report = await writing(`drill: ${part}`).drillPart({ entry, marker, part, plan, instances, attemptKey });
    record.status.drill = [...(record.status.drill ?? []), report];
    if (report.verdict === 'fail') throw finalAnswer(`${part} failed: ${report.reason}`);
    return report;
  };
  await step(run, name, carryOut, { detail: ({ reason }) => reason });
}

/** Chooses what a part ends: one instance, all of them, or none. */
async function instancesFor({ entry }: Drill, part: DrillPart): Promise<Instance[]> {
  if (part === 'breakConnections') return [];
  const instances = await awaiting('list the instances').listInstances({ entry });
  return part === 'deletePod' ? instances.slice(0, 1) : instances;
}
