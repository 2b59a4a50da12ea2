import { Remembered, send } from './request.ts';
import type { Request } from './request.ts';

/** Users of the web, in turn: create a run, then read one of the last ones with its checkpoints. */
export const webRequests = (url: string): (() => Request) => {
  const runs = new Remembered();
  let turn = 0;
  const create = async (): Promise<Response> => {
    const response = await send(new URL('/api/runs', url), {
      method: 'POST',
      body: JSON.stringify({ owner: 'traffic' }),
    });
    if (response.status === 201) {
      const { run } = (await response.clone().json()) as { run: { run_id: string } };
      runs.add(run.run_id);
    }
    return response;
  };
  return () => {
    turn += 1;
    const run = runs.pick(turn);
    return turn % 2 === 1 || run === undefined ? create : () => send(new URL(`/api/runs/${run}`, url));
  };
};
