'use strict';

const { setTimeout: sleep } = require('node:timers/promises');
const leader = require('./leader');
const { log } = require('./log');
const { orchestrate } = require('./orchestrate');
const queue = require('./run-queue');
const steps = require('./steps');

const longestPauseMs = 15_000;

/** The loop that works runs off, one at a time, for as long as the process lives. */
exports.startWorker = ({ database, settings }) => {
  let stopped = false;
  let failures = 0;
  let wake = () => {};

  const perform = async (run) => {
    const end = await work(run, settings);
    if (end.output.steps) await steps.record(database, run.runId, end.output.steps);
    const counted = await queue.finish(database, settings, run, end.status, end.output);
    log('INFO', `${run.runId} ${counted ? end.status : 'was taken over by another worker'}`, settings.identity);
  };

  const turn = async () => {
    const run = leader.mayTakeRuns() ? await queue.takeNext(database, settings) : undefined;
    if (run) await perform(run);
    failures = 0;
    return run !== undefined;
  };

  // A queue that cannot be reached is no error of a request: said once, and asked again less and less often.
  const trouble = (error) => {
    failures += 1;
    if (failures === 1) log('WARNING', `the queue does not answer: ${error.message}`, { ...settings.identity, code: error.code ?? null });
    return false;
  };

  const idle = () => {
    const woken = new Promise((resolve) => (wake = resolve));
    return Promise.race([woken, sleep(Math.min(settings.pollMs * 2 ** failures, longestPauseMs), undefined, { ref: false })]);
  };

  const loop = async () => {
    while (!stopped) if (!(await turn().catch(trouble)) && !stopped) await idle();
  };
  const running = loop();

  return {
    /** Says that there may be something to do. */
    nudge: () => wake(),
    /** Works off one run that waits, besides the loop. Answers whether it was there to take. */
    execute: async (runId) => {
      const run = await queue.takeRun(database, settings, runId);
      if (run) perform(run).catch(trouble);
      return run !== undefined;
    },
    stop: () => {
      stopped = true;
      wake();
      return running;
    },
  };
};

const work = async ({ goal }, { runMs, chainId }) => {
  await sleep(runMs);
  try {
    return { status: 'completed', output: orchestrate({ goal, chainId }) };
  } catch (error) {
    return { status: 'failed', output: { error: error.message } };
  }
};
