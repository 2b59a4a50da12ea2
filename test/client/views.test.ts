import pc from 'picocolors';
import { describe, expect, it } from 'vitest';
import { exitCodeOfRun } from '../../client/exit-codes.ts';
import type { RunReport } from '../../client/run-report.ts';
import { changeLines } from '../../client/view/changes.ts';
import { statusLines } from '../../client/view/status.ts';
import { spanText } from '../../client/view/time.ts';

const plain = pc.createColors(false);
const at = '2026-01-02T03:04:05.000Z';
const running: RunReport = {
  workflowId: 'deploy-1', runId: 'r', workflowType: 'deploy', execution: 'RUNNING', startedAt: at, closedAt: null, link: null, stale: false, asOf: null, end: null,
  phase: 'approval', service: 'shop', environment: 'production', kind: 'deploy',
  steps: [
    { name: 'build', state: 'passed', startedAt: at, endedAt: '2026-01-02T03:04:07.500Z', attempts: 1, error: null, detail: 'image' },
    { name: 'stage', state: 'pending', startedAt: null, endedAt: null, attempts: 0, error: null },
  ],
  waitingFor: { kind: 'approval', what: 'approval by release-owner', since: at, until: null, who: ['ann@example.com'], commands: ['temporal workflow signal --name approve'] },
  refused: { count: 0, last: [] },
  outcome: null,
};

describe('a run for people', () => {
  it('shows steps with how long they took, and the commands that go on, each on a line of its own', () => {
    const lines = statusLines(running, plain);
    expect(lines).toContainEqual(expect.stringMatching(/✓ build {2,}2\.5 s {2}image/));
    expect(lines).toContain('  temporal workflow signal --name approve');
  });

  it('says that it is stale, and when it was true', () => {
    const lines = statusLines({ ...running, stale: true, asOf: at }, plain).join('\n');
    expect(lines).toMatch(/no worker answers, as of .*\.\/slipway worker/);
  });

  it('tells a pipe only what is new', () => {
    expect(changeLines(running, running, plain)).toEqual([]);
    const refused = { ...running, refused: { count: 1, last: [{ at, message: 'approve', by: 'eve@example.com', reason: 'not a release-owner' }] } };
    expect(changeLines(running, refused, plain)).toEqual(['refused approve by eve@example.com: not a release-owner']);
    const ended: RunReport = { ...running, phase: 'failed', execution: 'FAILED', waitingFor: null, end: { type: 'Rejected', message: 'not today', result: null } };
    expect(changeLines(running, ended, plain)).toEqual(['failed', 'Rejected not today']);
  });

  it.each([
    ['COMPLETED', null, 0],
    ['FAILED', 'RolledBack', 1],
    ['FAILED', 'InvalidInput', 2],
    ['CANCELLED', 'Canceled', 1],
  ])('that ended as %s (%s) has the exit code %d', (execution, type, code) => {
    expect(exitCodeOfRun(execution, type)).toBe(code);
  });

  it.each([[400, '0.4 s'], [59_400, '59 s'], [119_700, '1 min 59 s'], [7_860_000, '2 h 11 min']])('writes %d ms as %s', (ms, text) => {
    expect(spanText(ms)).toBe(text);
  });
});
