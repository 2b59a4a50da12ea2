// Healthy means: this machine's worker asks the server for work.
import { hostname } from 'node:os';
import { Connection } from '@temporalio/client';

const connection = await Connection.connect({ address: process.env.TEMPORAL_ADDRESS, connectTimeout: '5s' });
const { pollers } = await connection.workflowService.describeTaskQueue({
  namespace: process.env.TEMPORAL_NAMESPACE ?? 'default',
  taskQueue: { name: 'slipway' },
  taskQueueType: 1,
});
await connection.close();
process.exit(pollers?.some(({ identity }) => identity?.includes(hostname())) ? 0 : 1);
