import { Worker, type ReplayWorkerOptions } from '@temporalio/worker';
import { readHistory, recordedNames } from '../test/replay/histories.ts';
import { startTemporal } from '../test/temporal-server.ts';
import { payloadConverterPath, workflowBundle } from '../worker/bundle.ts';
import { withFloor } from './floor-worker.ts';
import { note, type Finding, type Measurement } from './measurement.ts';
import { compared, ratioText, timed } from './pairs.ts';

const goalMs = 10;
/** The number of histories whose replay gives a replay worker's own start; `more` come on top. */
const few = 3;
const more = 20;
const measuredName = 'deploy-released';
/** As many activities as the deploy has. */
const floorSteps = 16;

type Histories = Extract<Parameters<typeof Worker.runReplayHistories>[1], Iterable<unknown>>;
type Recorded = Histories extends Iterable<infer One> ? One : never;

/** Measures the cost of resuming a run, as a worker does with each run of a worker that died. */
export const replay: Measurement = {
  title: 'replay of a released deploy, against the floor of as many steps',
  pairs: 10,
  async measure({ pairs }) {
    const ours = { workflowBundle: { codePath: await workflowBundle() }, dataConverter: { payloadConverterPath } };
    const deploy = asRecorded(await readHistory(measuredName));
    const floor = await recordedFloor();
    const {
      ours: deployMs,
      other,
      ratio,
    } = await compared(
      pairs,
      () => oneMore(ours, deploy),
      () => oneMore(floor.options, floor.recorded),
    );
    const every = await timed(async () =>
      replayed(ours, (await Promise.all((await recordedNames()).map(readHistory))).map(asRecorded)),
    );
    const findings: Finding[] = [
      {
        what: `a history of ${eventsOf(deploy)} events`,
        measured: `${deployMs.toFixed(0)} ms`,
        goal: `<= ${goalMs} ms`,
        reached: deployMs <= goalMs,
      },
      note(`the floor, ${eventsOf(floor.recorded)} events`, `${other.toFixed(0)} ms`),
      note('deploy against the floor, median of pairs', ratioText(ratio)),
      note(
        `all ${(await recordedNames()).length} recorded histories, the worker's start included`,
        `${(every / 1_000).toFixed(1)} s`,
      ),
    ];
    return findings;
  },
};

async function recordedFloor(): Promise<{ options: ReplayWorkerOptions; recorded: Recorded }> {
  const temporal = await startTemporal();
  const found: { options: ReplayWorkerOptions; recorded: Recorded }[] = [];
  try {
    await withFloor(temporal, async ({ bundle, run }) => {
      const handle = await run(floorSteps);
      found.push({
        options: { workflowBundle: bundle },
        recorded: { workflowId: handle.workflowId, history: await handle.fetchHistory() },
      });
    });
  } finally {
    await temporal.teardown();
  }
  const [floor] = found;
  if (!floor) throw new Error('the floor did not run');
  return floor;
}

/** Milliseconds that one history more takes. */
async function oneMore(options: ReplayWorkerOptions, recorded: Recorded): Promise<number> {
  const times = (count: number) =>
    timed(() =>
      replayed(
        options,
        Array.from({ length: count }, () => recorded),
      ),
    );
  const short = await times(few);
  return ((await times(few + more)) - short) / more;
}

async function replayed(options: ReplayWorkerOptions, histories: Histories): Promise<void> {
  for await (const { workflowId, error } of Worker.runReplayHistories(options, histories)) {
    if (error) throw new Error(`${workflowId} does not replay`, { cause: error });
  }
}

/** Names a history by the id that it ran under, because an environment looks at its own id. */
function asRecorded(history: Awaited<ReturnType<typeof readHistory>>): Recorded {
  return { workflowId: history.events?.[0]?.workflowExecutionStartedEventAttributes?.workflowId ?? '', history };
}

function eventsOf({ history }: Recorded): number {
  return (history as Awaited<ReturnType<typeof readHistory>>).events?.length ?? 0;
}
