import { spawn } from 'node:child_process';
import { once } from 'node:events';
import path from 'node:path';
import { startTemporal } from '../test/temporal-server.ts';
import { workflowBundle } from '../worker/bundle.ts';
import { projectFolder } from '../worker/project-folder.ts';
import { against, note, type Finding, type Measurement } from './measurement.ts';
import { compared, ratioText, timed } from './pairs.ts';

const readyGoalSeconds = 3;
const bundlingGoal = 0.4;
const readyWithinMs = 120_000;

/**
 * Measures how long a worker process takes to be ready. It starts with the prebuilt bundle, and with bundling at start.
 */
export const workerStart: Measurement = {
  title: 'worker ready from its prebuilt bundle',
  pairs: 6,
  async measure({ pairs }) {
    await workflowBundle();
    return starts(pairs);
  },
};

async function starts(pairs: number): Promise<Finding[]> {
  const temporal = await startTemporal();
  try {
    const prebuilt = path.join(projectFolder, 'worker/main.ts');
    const bundling = path.join(import.meta.dirname, 'bundle-then-start.ts');
    const { ours, other, ratio } = await compared(
      pairs,
      () => untilReady(prebuilt, temporal.address),
      () => untilReady(bundling, temporal.address),
    );
    return [
      against('worker ready, median', ours / 1_000, readyGoalSeconds, ' s'),
      note('the same with bundling at start', `${(other / 1_000).toFixed(2)} s`),
      {
        what: 'prebuilt against bundling, median of pairs',
        measured: ratioText(ratio),
        goal: `<= ${bundlingGoal}`,
        reached: ratio.median <= bundlingGoal,
      },
    ];
  } finally {
    await temporal.teardown();
  }
}

/** Milliseconds until a worker process has said that it is ready; it is stopped then. */
async function untilReady(program: string, address: string): Promise<number> {
  // Its clients are made, and nothing is asked of them at start: no cloud needs to be there.
  const nowhere = { SLIPWAY_CLOUD_GRPC: '127.0.0.1:9', SLIPWAY_CLOUD_HTTP: 'http://127.0.0.1:9' };
  const child = spawn(process.execPath, ['--disable-warning=ExperimentalWarning', program], {
    stdio: ['ignore', 'pipe', 'inherit'],
    env: { ...process.env, ...nowhere, TEMPORAL_ADDRESS: address, TEMPORAL_NAMESPACE: 'default', SLIPWAY_LOG: 'info' },
    timeout: readyWithinMs,
  });
  const exited = once(child, 'exit');
  try {
    return await timed(async () => {
      let output = '';
      for await (const text of child.stdout.setEncoding('utf8')) {
        output += String(text);
        if (output.includes('worker ready')) return;
      }
      throw new Error(`the worker never was ready:\n${output}`);
    });
  } finally {
    child.kill('SIGKILL');
    await exited;
  }
}
