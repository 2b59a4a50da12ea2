import { Writable } from 'node:stream';
import { stripVTControlCharacters } from 'node:util';
import { ApplicationFailure, WorkflowFailedError } from '@temporalio/client';
import { describe, expect, it } from 'vitest';
import { SecretMemory } from '../../activities/redaction/secret-memory.ts';
import { canaryOf, findCanaries, sayingsOf } from '../end-to-end/canary.ts';
import { createLog } from '../../worker/log/index.ts';
import { temporalLogger } from '../../worker/log/temporal.ts';

const failed = ApplicationFailure.create({
  type: 'RolledBack',
  message: 'the bake failed: 3 errors',
  cause: ApplicationFailure.create({ type: 'GateFailed', message: 'errors: 3 new entries' }),
});
const run = { sdkComponent: 'worker', namespace: 'default', workflowId: 'deploy-1', workflowType: 'deploy' };

/** Collects what a log writes to a pipe, or to a terminal. */
function written(isTTY: boolean) {
  let text = '';
  const stream = new Writable({
    write(chunk: Buffer, _encoding, done) {
      text += chunk.toString();
      done();
    },
  });
  return { stream: Object.assign(stream, { isTTY }), text: () => stripVTControlCharacters(text) };
}

describe('the log of the worker in a pipe', () => {
  it('is a JSON object a line, with the level as a word, an ISO time, and the error', async () => {
    const { stream, text } = written(false);
    temporalLogger(await createLog('info', stream)).warn('Workflow failed', { ...run, error: failed });
    expect(JSON.parse(text())).toEqual({
      level: 'warn',
      time: expect.stringMatching(/^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$/),
      msg: 'Workflow failed',
      ...run,
      error: {
        type: 'RolledBack',
        message: 'the bake failed: 3 errors',
        cause: { type: 'GateFailed', message: 'errors: 3 new entries' },
      },
    });
  });

  it('repeats no secret of the worker, in no form, wherever in a line it stands', async () => {
    const secret = canaryOf('token');
    const memory = new SecretMemory([secret]);
    const { stream, text } = written(false);
    const log = temporalLogger(await createLog('info', stream, (line) => memory.redactLine(line)));
    for (const saying of sayingsOf(secret)) log.warn(saying, { ...run, error: new Error(saying), [saying]: [saying] });
    expect(findCanaries([secret], new Map([['log', text()]]))).toEqual([]);
    for (const line of text().trimEnd().split('\n'))
      expect(JSON.parse(line)).toHaveProperty('msg', expect.stringContaining('[secret]'));
  });

  it('knows a failure from the thread of a workflow, which has lost its class', async () => {
    const { stream, text } = written(false);
    (await createLog('info', stream)).warn({ error: structuredClone(failed) }, 'Workflow failed');
    expect(JSON.parse(text())).toMatchObject({
      error: { type: 'ApplicationFailure', message: failed.message, cause: { message: 'errors: 3 new entries' } },
    });
    expect(text()).not.toContain('stack');
  });

  it('has the stack of a defect', async () => {
    const { stream, text } = written(false);
    const error = new TypeError('no such thing');
    (await createLog('info', stream)).error({ error }, 'Activity failed');
    expect(JSON.parse(text())).toMatchObject({
      error: { type: 'TypeError', message: 'no such thing', stack: error.stack },
    });
  });

  it('has nothing of the SDK that a person cannot use, unless debug asks for it', async () => {
    for (const [level, lines] of [
      ['info', 1],
      ['debug', 4],
    ] as const) {
      const { stream, text } = written(false);
      const log = temporalLogger(await createLog(level, stream));
      log.info('Worker state changed', { state: 'RUNNING' });
      log.info('No Nexus services registered, not polling for Nexus tasks');
      log.warn('Query not found when attempting to respond to it', { error: 'Status { code: NotFound }' });
      log.warn('something else');
      expect(text().trim().split('\n')).toHaveLength(lines);
    }
  });
});

describe('the log of the worker on a terminal', () => {
  it('says in lines what happened, to which run, and why', async () => {
    const { stream, text } = written(true);
    const log = temporalLogger(await createLog('info', stream));
    log.warn('Workflow failed', { ...run, error: failed });
    log.info('still at work', { attempt: 2 });
    expect(text()).toMatch(
      /^\[\d\d:\d\d:\d\d [A-Z+:\d-]+\] WARN: Workflow failed deploy-1\n {2}RolledBack: the bake failed: 3 errors\n {2}caused by GateFailed: errors: 3 new entries\n\[.*\] INFO: still at work\n {2}attempt: 2\n$/,
    );
  });

  it('shows the cause behind an error of the client', async () => {
    const { stream, text } = written(true);
    const error = new WorkflowFailedError('Workflow execution failed', failed, 'IN_PROGRESS');
    error.stack = 'WorkflowFailedError: Workflow execution failed';
    (await createLog('info', stream)).error({ error }, 'no answer');
    expect(text()).toContain(
      '  WorkflowFailedError: Workflow execution failed\n  caused by RolledBack: the bake failed',
    );
  });
});
