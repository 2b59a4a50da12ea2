import { Worker } from '@temporalio/worker';
import { beforeAll, describe, expect, it } from 'vitest';
import { payloadConverterPath, workflowBundle } from '../../worker/bundle.ts';
import { logErrorsOnly } from '../temporal-server.ts';
import { readHistory, recordedNames } from './histories.ts';
import { shapes } from './shapes.ts';

const names = await recordedNames();

/**
 * Runs that were recorded earlier go on with the code of today: each history is replayed with the very bundle that a
 * worker runs. A red one means that open runs would get stuck: patch or version the change; never record it again.
 */
describe('replay', () => {
  let codePath: string;
  beforeAll(async () => {
    logErrorsOnly();
    codePath = await workflowBundle();
  });

  it.each(names)('of %s', async (name) => {
    const history = await readHistory(name);
    const { workflowId } = history.events?.[0]?.workflowExecutionStartedEventAttributes ?? {};
    // The id belongs to it: an environment refuses to run under another one than its own.
    await Worker.runReplayHistory(
      { workflowBundle: { codePath }, dataConverter: { payloadConverterPath } },
      history,
      workflowId ?? '',
    );
  });

  it('has a history for every shape', () => {
    expect(shapes.flatMap((shape) => shape.names).filter((name) => !names.includes(name))).toEqual([]);
  });
});
