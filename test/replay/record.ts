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
import { workerConfig } from '../../worker/config.ts';
import { logErrorsOnly, startTemporal } from '../temporal-server.ts';
import { createHarness } from '../workflows/harness.ts';
import { World } from '../workflows/world.ts';
import { recordedNames, recordHistory } from './histories.ts';
import { stageOf, type Shape, type Stage } from './shape.ts';
import { shapes } from './shapes.ts';

const [name, workflowId] = process.argv.slice(2);

async function recordRun(as: string, id: string): Promise<void> {
  const { temporal } = await workerConfig(process.env);
  await recordHistory({ address: temporal.connectionOptions.address, namespace: temporal.namespace }, id, as);
  process.stdout.write(`recorded ${as}\n`);
}

async function recordMissingShapes(): Promise<void> {
  logErrorsOnly();
  const recorded = await recordedNames();
  const temporal = await startTemporal();
  const harness = await createHarness(temporal);
  const missing = (shape: Shape) => shape.names.filter((one) => !recorded.includes(one));
  for (const shape of shapes.filter((one) => missing(one).length > 0)) {
    const kept = new Map<string, [workflowId: string, runId?: string]>();
    const world = shape.world?.() ?? new World();
    const keep: Stage['keep'] = (as, ...run) => void kept.set(as, run);
    await harness.with(world, async (start) => shape.play(stageOf(harness, world, start, keep)));
    for (const one of missing(shape)) {
      const [workflowId = '', runId] = kept.get(one) ?? [];
      await recordHistory({ address: temporal.address, namespace: 'default' }, workflowId, one, runId);
      process.stdout.write(`recorded ${one}\n`);
    }
  }
  await temporal.teardown();
}

if (name === undefined) await recordMissingShapes();
else if (workflowId === undefined) throw new Error('usage: node test/replay/record.ts [<name> <workflow id>]');
else await recordRun(name, workflowId);
