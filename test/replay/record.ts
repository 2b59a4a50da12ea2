/**
 * Records histories for the replay test.
 *
 *   node test/replay/record.ts                        every shape that has no file yet, against fakes
 *   node test/replay/record.ts <name> <workflow id>   a run of a real server
 *
 * The server is the one that TEMPORAL_ADDRESS (or a profile) names, else that of this folder's sandbox.
 *
 * Nothing is ever overwritten. A replay that fails means: patch or version the workflow; not: record again.
 */
import { DefaultLogger, Runtime } from '@temporalio/worker';
import { workerConfig } from '../../worker/config.ts';
import { createHarness, startTemporal } from '../workflows/harness.ts';
import { World } from '../workflows/world.ts';
import { recordedNames, recordHistory } from './histories.ts';
import { approvalShapes } from './approval-shapes.ts';
import { releaseShapes } from './release-shapes.ts';
import { rollbackShapes } from './rollback-shapes.ts';
import { shapes, stageOf } from './shapes.ts';

const [name, workflowId] = process.argv.slice(2);

async function recordRun(as: string, id: string): Promise<void> {
  const { temporal } = await workerConfig(process.env);
  await recordHistory({ address: temporal.connectionOptions.address, namespace: temporal.namespace }, id, as);
  process.stdout.write(`recorded ${as}\n`);
}

async function recordMissingShapes(): Promise<void> {
  Runtime.install({ logger: new DefaultLogger('ERROR') });
  const recorded = await recordedNames();
  const temporal = await startTemporal();
  const harness = await createHarness(temporal);
  for (const { names, world: createWorld, play } of [
    ...shapes,
    ...releaseShapes,
    ...approvalShapes,
    ...rollbackShapes,
  ].filter((shape) => shape.names.some((one) => !recorded.includes(one)))) {
    const kept = new Map<string, string>();
    const world = createWorld?.() ?? new World();
    await harness.with(world, async (start) => play(stageOf(harness, world, start, (as, id) => void kept.set(as, id))));
    for (const one of names.filter((each) => !recorded.includes(each))) {
      await recordHistory({ address: temporal.address, namespace: 'default' }, kept.get(one) ?? '', one);
      process.stdout.write(`recorded ${one}\n`);
    }
  }
  await temporal.teardown();
}

if (name === undefined) await recordMissingShapes();
else if (workflowId === undefined) throw new Error('usage: node test/replay/record.ts [<name> <workflow id>]');
else await recordRun(name, workflowId);
