import type { TestWorkflowEnvironment } from '@temporalio/testing';
import { startTemporal } from '../test/temporal-server.ts';
import { createHarness, type ChangeHandle } from '../test/workflows/harness.ts';
import { commits, developer, World } from '../test/workflows/world.ts';
import { withFloor } from './floor-worker.ts';
import { against, note, type Finding, type Measurement } from './measurement.ts';
import { compared, ratioText, timed } from './pairs.ts';

const floorGoal = 1.25;
const stepGoalMs = 12;
const warmUps = 3;

/**
 * Measures our own cost, without the platform's and Temporal's. A whole deploy runs over fakes that answer at once; a
 * workflow with as many activities is the floor.
 */
export const cost: Measurement = {
  title: 'cost of a deploy over a platform without latency',
  pairs: 20,
  async measure({ pairs }) {
    const temporal = await startTemporal();
    try {
      return await againstTheFloor(temporal, pairs);
    } finally {
      await temporal.teardown();
    }
  },
};

async function againstTheFloor(temporal: TestWorkflowEnvironment, pairs: number): Promise<Finding[]> {
  const harness = await createHarness(temporal);
  const findings: Finding[] = [];
  await withFloor(temporal, async (floor) => {
    const world = new World({
      approvals: { required: [], rollback: [], expiresAfterMinutes: 5, requesterMayApprove: false },
    });
    await harness.with(world, async (start) => {
      const initial = world.live;
      const deployed = async (): Promise<ChangeHandle> => {
        world.live = initial;
        const run = await start('deploy', {
          service: world.service,
          environment: 'staging',
          commit: commits.good,
          requestedBy: developer,
        });
        await run.result();
        return run;
      };
      let shape = await shapeOf(await deployed());
      for (let index = 1; index < warmUps; index += 1) {
        shape = await shapeOf(await deployed());
        await floor.run(shape.steps);
      }
      const { ours, other, ratio } = await compared(
        pairs,
        () => timed(deployed),
        () => timed(() => floor.run(shape.steps)),
      );
      findings.push(
        {
          what: 'deploy against the floor, median of pairs',
          measured: ratioText(ratio),
          goal: `<= ${floorGoal}`,
          reached: ratio.median <= floorGoal,
        },
        against(`a step of the deploy (${shape.steps} activities)`, ours / shape.steps, stepGoalMs, ' ms'),
        note('a step of the floor', `${(other / shape.steps).toFixed(2)} ms`),
        note(
          'history of the deploy',
          `${shape.events} events, ${shape.workflowTasks} workflow tasks, ${shape.steps} activities`,
        ),
      );
    });
  });
  return findings;
}

interface Shape {
  events: number;
  workflowTasks: number;
  /** Activities, the local ones included. */
  steps: number;
}

async function shapeOf(run: ChangeHandle): Promise<Shape> {
  const { events } = await run.fetchHistory();
  const all = events ?? [];
  const workflowTasks = all.filter(
    ({ workflowTaskStartedEventAttributes }) => workflowTaskStartedEventAttributes,
  ).length;
  const steps = all.filter(
    (event) =>
      event.activityTaskScheduledEventAttributes ??
      event.markerRecordedEventAttributes?.markerName === 'core_local_activity',
  ).length;
  return { events: all.length, workflowTasks, steps };
}
