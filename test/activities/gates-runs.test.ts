import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { gateResults, gateResult, ScriptedService } from './gate-world.ts';

let service: ScriptedService;
beforeEach(async () => {
  service = await new ScriptedService().open();
});
afterEach(() => service.close());

/** Answers one summary after the other; the last one stays. */
const summaries = (...answers: object[]) => {
  service.reply = () => ({ status: 200, json: answers.length > 1 ? answers.shift() : answers[0] });
};
const path = '/v1/runs/{run}/summary';
const look = (gate: object, outputs: Record<string, string> = { run: 'r1' }) =>
  gateResult({ path, withinSeconds: 2, ...gate }, { url: service.url, outputs });
const queue = (more: object = {}, outputs?: Record<string, string>) => look({ kind: 'queue', ...more }, outputs);
const states = (...all: string[]) => summaries(...all.map((status) => ({ status })));

describe('a queue gate', () => {
  it('follows the run that an earlier gate started, from queued over running to its end', async () => {
    states('queued', 'queued', 'running', 'completed');
    expect(await queue({ withinSeconds: 10 })).toMatchObject({
      kind: 'queue',
      verdict: 'pass',
      reason: 'the run went queued → running → completed',
      samples: ['queued', 'running', 'completed'],
    });
    expect(service.received[0]?.path).toBe('/v1/runs/r1/summary');
  });

  it('takes failed for an end: the queue moves', async () => {
    states('running', 'failed');
    expect(await queue()).toMatchObject({
      verdict: 'pass',
      reason: expect.stringContaining('queued passed between two polls'),
    });
  });

  it.each([
    ['stands still', ['queued'], 'still queued after 2 s'],
    ['goes back', ['running', 'queued'], 'went running → queued'],
    ['is in a state that nobody knows', ['lost'], 'went lost'],
  ])('fails when the run %s', async (_what, all, reason) => {
    states(...all);
    expect(await queue()).toMatchObject({ verdict: 'fail', reason: expect.stringContaining(reason) });
  });

  it('believes the way that the service recorded, and fails when a state is missing from it', async () => {
    const run = (...all: string[]) =>
      summaries({ status: all.at(-1), transitions: all.map((status) => ({ status, at: 'now' })) });
    run('queued', 'running', 'completed');
    expect(await queue({ transitions: '/transitions' })).toMatchObject({
      verdict: 'pass',
      reason: 'the run went queued → running → completed',
    });
    run('queued', 'completed');
    expect(await queue({ transitions: '/transitions' })).toMatchObject({
      verdict: 'fail',
      reason: expect.stringContaining('without running'),
    });
    summaries({ status: 'completed' });
    expect(await queue({ transitions: '/transitions' })).toMatchObject({
      verdict: 'fail',
      reason: expect.stringContaining('without queued, running'),
    });
  });

  it('is inconclusive when the run had ended before anybody looked, or when there is no run', async () => {
    states('completed');
    expect(await queue()).toMatchObject({
      verdict: 'inconclusive',
      reason: expect.stringContaining('no movement was seen'),
    });
    expect(await queue({}, {})).toMatchObject({
      verdict: 'inconclusive',
      reason: expect.stringContaining('needs {run}'),
    });
  });

  it('fails when the summary does not answer', async () => {
    service.reply = () => ({ status: 404, json: { error: 'no such run' } });
    expect(await queue()).toMatchObject({ verdict: 'fail', reason: expect.stringContaining('answered 404') });
    service.reply = () => 'lost';
    expect(await queue()).toMatchObject({ verdict: 'fail', reason: expect.stringContaining('no answer') });
  });
});

describe('a runOutput gate', () => {
  const runOutput = (more: object = {}) => look({ kind: 'runOutput', ...more });

  it('passes as soon as the summary has it', async () => {
    summaries({ status: 'running', runOutput: null }, { status: 'completed', runOutput: { answer: 42 } });
    expect(await runOutput()).toMatchObject({
      verdict: 'pass',
      reason: 'the summary of r1 includes /runOutput: {"answer":42}',
    });
  });

  it.each([[null], [''], [{}], [[]]])('fails on %j: that is no output', async (output) => {
    summaries({ status: 'completed', runOutput: output });
    expect(await runOutput({ withinSeconds: 1 })).toMatchObject({
      verdict: 'fail',
      reason: expect.stringContaining('has nothing at /runOutput'),
    });
  });
});

it('a run that is started once serves all gates after it, in the order of runbook 004', async () => {
  let asked = 0;
  service.reply = ({ method, path: at }) => {
    if (method === 'POST') return { status: 202, json: { runId: 'run-7' } };
    if (at.startsWith('/v1/runs?')) return { status: 200, json: { runs: [] } };
    asked += 1;
    return {
      status: 200,
      json: {
        status: ['queued', 'running', 'completed'][Math.min(asked - 1, 2)],
        runOutput: asked > 2 ? 'done' : null,
      },
    };
  };
  const start = {
    kind: 'http',
    name: 'start',
    method: 'POST',
    path: '/v1/run',
    body: { marker: '{marker}' },
    status: [202],
    lookup: { path: '/v1/runs?marker={marker}', pointer: '/runs/0/runId' },
    output: { as: 'run', pointer: '/runId' },
  };
  const results = await gateResults(
    [start, { kind: 'queue', name: 'movement', path }, { kind: 'runOutput', name: 'output', path }],
    { url: service.url },
  );
  expect(results.map(({ name, verdict }) => `${name} ${verdict}`)).toEqual([
    'start pass',
    'movement pass',
    'output pass',
  ]);
  expect(service.requests('POST')).toHaveLength(1);
});
