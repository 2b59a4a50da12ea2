import { CancelledFailure, WorkflowFailedError } from '@temporalio/client';
import type { ChangeHandle, Harness, Start } from '../workflows/harness.ts';
import type { IncidentHandle } from '../workflows/incident-runs.ts';
import { deployOf } from '../workflows/runs.ts';
import type { World } from '../workflows/world.ts';

/** What a shape gets to work with, and the runs whose histories are kept, by file name. */
export interface Stage {
  world: World;
  start: Start;
  input(changes?: object): Record<string, unknown>;
  environment: ReturnType<Harness['client']['workflow']['getHandle']>;
  /** An incident: what runs under this id, or one run of it. */
  incident(workflowId: string, runId?: string): IncidentHandle;
  keep(name: string, workflowId: string, runId?: string): void;
}

/**
 * One way through the workflows' code: each has its own history, since a replay only proves the branches that it
 * takes.
 */
export interface Shape {
  /** Names of the histories that it leaves. */
  names: readonly string[];
  /** Ids of the patches whose two branches these histories prove: one from before the patch, one from after it. */
  patches?: readonly string[];
  world?: () => World;
  play(stage: Stage): Promise<void>;
}

/** Keeps the history of a run once it has ended, however it ends: the outcome is the business of other tests. */
export async function ended(run: ChangeHandle, name: string, keep: Stage['keep']): Promise<void> {
  await run.result().catch((error: unknown) => {
    if (!(error instanceof WorkflowFailedError) && !(error instanceof CancelledFailure)) throw error;
  });
  keep(name, run.workflowId);
}

/** The stage of a shape in a world of its own. */
export function stageOf(harness: Harness, world: World, start: Stage['start'], keep: Stage['keep']): Stage {
  return {
    world,
    start,
    keep,
    input: (changes = {}) => deployOf(world, changes),
    environment: harness.environment(world),
    incident: (workflowId, runId) => harness.client.workflow.getHandle(workflowId, runId),
  };
}
