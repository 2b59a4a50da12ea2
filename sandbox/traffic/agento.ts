import { Remembered, send } from './request.ts';
import type { Request } from './request.ts';

const goals = [
  'find a flat, then ask for a viewing',
  'compare three offers',
  'write the listing, translate it; publish it',
  'answer the question of a buyer',
];
const everyNth = 4;

/**
 * Imitates callers of agento, who mostly read. One request of four enqueues a run, the others list runs or read one.
 */
export const agentoRequests = (url: string, key: string): (() => Request) => {
  const runs = new Remembered();
  let turn = 0;
  const enqueue = async (): Promise<Response> => {
    const goal = goals[((turn / everyNth) % goals.length) | 0];
    const response = await send(new URL('/v1/orchestrations/run', url), {
      method: 'POST',
      headers: { 'x-agent-api-key': key },
      body: JSON.stringify({ goal }),
    });
    if (response.status === 202) runs.add(((await response.clone().json()) as { runId: string }).runId);
    return response;
  };
  const list: Request = () => send(new URL('/v1/orchestrations/runs?limit=5', url));
  return () => {
    turn += 1;
    if (turn % everyNth === 1) return enqueue;
    const run = runs.pick(turn);
    return turn % 2 === 1 || run === undefined
      ? list
      : () => send(new URL(`/v1/orchestrations/runs/${run}/summary`, url));
  };
};
