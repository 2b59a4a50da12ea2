import { expect, it } from 'vitest';
import { openSandbox } from '../end-to-end/stage.ts';
import { openClusterStage } from './kubernetes/estate.ts';
import { deployed, migrated, rotated } from './kubernetes/flows.ts';
import { killedInTheMiddle } from './kubernetes/kill-batch.ts';

const sandbox = openSandbox({ hasWorker: false, parts: ['kubernetes'] });
const stage = openClusterStage(sandbox);

it('a worker that is killed at a write to the cluster leaves nothing that the next one does twice', async () => {
  const outcome = await killedInTheMiddle(stage, [
    { name: 'kill-start', flow: deployed, fault: { call: 'patch batch/jobs', nth: 1, kind: 'lost' } },
    { name: 'kill-apply', flow: deployed, fault: { call: 'apply apps/statefulsets', nth: 1, kind: 'delay' } },
    { name: 'kill-disable', flow: rotated, fault: { call: 'patch secrets', nth: 1, kind: 'lost' } },
    { name: 'kill-job', flow: migrated, fault: { call: 'create batch/jobs', nth: 1, kind: 'hang' } },
  ]);
  expect(outcome).toEqual({ missed: [], violations: [] });
}, 240_000);
