import { Settings } from 'luxon';
import { describe, expect, it } from 'vitest';
import type { EnvironmentStatus } from '../../../contract/environment.ts';
import { movingRuns, openIncidents, waitsForPeople } from '../../../client/board/asks.ts';
import type { Board, BoardPlace, BoardRun } from '../../../client/board/board.ts';
import { placeFacts } from '../../../client/board/facts.ts';
import { statesOf } from '../../../client/board/states.ts';
import {
  approving,
  baking,
  board,
  entry,
  environmentStatus,
  frozenStaging,
  good,
  now,
  production,
  serving,
  unused,
} from './sample.ts';

Settings.defaultZone = 'UTC';
const linesOf = (place: BoardPlace, on: Board = board): string[] =>
  placeFacts(on, place, now).map(({ label, text }) => `${label}: ${text}`);
const wordsOf = (place: BoardPlace, on: Board = board): string[] => statesOf(on, place).map(({ word }) => word);
const parked: BoardRun = {
  ...baking,
  phase: 'parked',
  waitingFor: {
    kind: 'operator',
    what: 'a decision about bake: no request came',
    since: '2026-03-01T18:12:00.000Z',
    until: null,
    who: ['release-owner@example.com'],
    commands: ['./slipway decide deploy-2 --action retry'],
    choices: [{ action: 'retry', effect: 'bakes once more', command: './slipway decide deploy-2 --action retry' }],
  },
};

describe('a place on the board', () => {
  it.each([
    ['bakes', baking, 'deploy: baking'],
    ['is parked', parked, 'deploy: parked'],
  ])('tells what users get while a change %s, what is recorded, and what was not compared', (_what, run, word) => {
    const during = { ...board, runs: [run] };
    expect(wordsOf(production, during)).toContain(word);
    expect(linesOf(production, during)).toEqual([
      'serves: commit bbbbbbbbbbbb to 100 % of users (revision shop-2); asked 10 s ago',
      'since: 18:11:00 UTC (1 min ago), by developer@example.com (deploy c2, which is not done yet)',
      'but: this is not what is recorded',
      'not compared: ledger, traffic and settings: deploy c2 of developer@example.com holds it and may write',
      expect.stringMatching(/^recorded: commit aaaaaaaaaaaa \(revision shop-1.*released 12:00:00 UTC by release-owner/),
      'held by: deploy of developer@example.com, since 18:10:00 UTC',
    ]);
  });

  it('says once what serves where that is what is recorded', () => {
    expect(linesOf(frozenStaging)).toEqual([
      'serves: commit aaaaaaaaaaaa to 100 % of users (revision shop-2), as recorded; asked 2 min ago',
      'since: 12:00:00 UTC (6 h ago), by release-owner@example.com (change c1)',
      'frozen: by release-owner@example.com since 09:00:00 UTC: a sale',
      'on hold: commit cccccccccccc since 08:00:00 UTC: the smoke failed',
    ]);
    expect(wordsOf(frozenStaging, { ...board, runs: [] })).toEqual(['frozen', '1 on hold']);
  });

  it('names when users were back after a change was taken back', () => {
    const exposed = { from: '2026-03-01T17:00:00.000Z', to: '2026-03-01T17:02:00.000Z' };
    const runs = { ...environmentStatus.runs, again: { since: exposed.to, change: 'c9' } };
    const status = { ...environmentStatus, runs } as EnvironmentStatus;
    const place: BoardPlace = {
      ...production,
      state: { kind: 'answered', status },
      platform: { at: now.toISOString(), answer: serving(good, 'sha256:a') },
    };
    expect(linesOf(place)).toContain(
      'since: 17:02:00 UTC (1 h ago), when change c9 was taken back; released by release-owner@example.com (change c1)',
    );
  });

  it('says why nobody knows what serves', () => {
    const answer = 'no answer within 10 s';
    const place = { ...production, platform: { at: now.toISOString(), answer } };
    expect(linesOf(place)[0]).toBe('serves: not known: no answer within 10 s (asked just now)');
    expect(linesOf({ ...production, platform: null })[0]).toBe('serves: not known yet: the platform is being asked');
    expect(linesOf({ ...production, platform: null }, { ...board, silence: 'nobody works' })[0]).toBe(
      'serves: not known yet: the platform cannot be asked without a worker',
    );
  });

  it('is stale without a worker, and says what is known from when', () => {
    const ledger = [entry()];
    const { runs, lastKnownGood, holds } = environmentStatus;
    const place: BoardPlace = {
      ...production,
      platform: null,
      state: {
        kind: 'silent',
        reason: 'it does not answer',
        memo: {
          ...{ service: 'shop', environment: 'production', stale: true, phase: 'frozen', next: '' },
          ...{ asOf: '2026-03-01T18:00:00.000Z', waitingFor: 'the end of the freeze: a sale' },
        },
        known: { asOf: ledger[0]?.at ?? '', from: 'the stored ledger', status: { runs, lastKnownGood, holds, ledger } },
      },
    };
    expect(wordsOf(place, { ...board, runs: [], incidents: [] })).toEqual(['frozen', 'stale']);
    expect(linesOf(place).slice(1)).toEqual([
      expect.stringMatching(/^recorded: commit aaaaaaaaaaaa/),
      'waits for: the end of the freeze: a sale',
      'stale: it does not answer; as of 12:00:00 UTC, by the stored ledger; ' +
        'its last word was frozen, at 18:00:00 UTC; freezes, queue and who holds it are not known',
    ]);
  });

  it('is new, or quiet', () => {
    expect(wordsOf(unused)).toEqual(['never used']);
    const quiet: BoardPlace = {
      ...production,
      state: { kind: 'answered', status: { ...environmentStatus, phase: 'free', holder: null } },
    };
    expect(wordsOf(quiet, { ...board, runs: [], incidents: [] })).toEqual(['quiet']);
  });
});

describe('what a person sees first', () => {
  it('is the incident: who is on it, what had changed, and the commands', () => {
    const [incident] = openIncidents(board, now);
    expect(incident).toMatchObject({ word: 'SEV-1', title: expect.stringContaining('StreamCompletionRatioLow') });
    expect(incident?.facts.map(({ label, text }) => `${label}: ${text}`)).toEqual([
      'where: shop in production',
      expect.stringMatching(/^since: 18:00:05 UTC, 12 min 25 s ago/),
      'who: nobody is on it yet; more people were called 1 time',
      expect.stringMatching(/^changed: deploy of 4f2c9d1a0b3e/),
    ]);
    expect(incident?.answers.map(({ command }) => command)).toEqual([
      expect.stringMatching(/^\.\/slipway incident ack /),
      expect.stringMatching(/^\.\/slipway incident mitigate /),
    ]);
  });

  it('is what waits for a person, with the choices and what they do', () => {
    const waits = waitsForPeople({ ...board, runs: [parked, approving] }, now);
    expect(waits.map(({ title, word, answers }) => ({ title, word, answers }))).toEqual([
      {
        title: 'deploy shop → production',
        word: 'parked',
        answers: [{ what: 'retry: bakes once more', command: './slipway decide deploy-2 --action retry' }],
      },
      {
        title: 'deploy shop → staging',
        word: 'waits for approval',
        answers: [{ what: '', command: './slipway approve deploy-3 --by release-owner@example.com' }],
      },
    ]);
    expect(movingRuns(board, now).map(({ title, word }) => `${title}: ${word}`)).toEqual([
      'deploy shop → production: baking',
    ]);
  });

  it('is how far a change is that goes on by itself, and what was seen', () => {
    const [moving] = movingRuns(board, now);
    expect(moving?.facts.map(({ label, text }) => `${label}: ${text}`)).toEqual([
      'what: commit bbbbbbbbbbbb, by developer@example.com: a fix',
      'step: bake, since 18:11:05 UTC: 3 of 15 s; 0 new errors',
    ]);
  });

  it.each([
    ['its answer', { kind: 'child' as const, child: 'release-1/staging' }],
    ['its memo', { kind: 'unknown' as const }],
  ])('is the stop of a release and not the release as well, by %s', (_what, kind) => {
    const wait = { ...approving.waitingFor!, ...kind };
    const release = {
      ...approving,
      workflowId: 'release-1',
      workflowType: 'release',
      kind: 'release',
      waitingFor: wait,
    };
    const stop = { ...approving, workflowId: 'release-1/staging' };
    const on = { ...board, runs: [release, stop] as BoardRun[] };
    expect(waitsForPeople(on, now).map(({ id }) => id)).toEqual(['release-1/staging']);
    expect(movingRuns(on, now).map(({ word }) => word)).toEqual(['waits for its stop']);
  });

  it('is an environment that is parked', () => {
    const waitingFor = { ...parked.waitingFor!, what: 'somebody to look', choices: [] };
    const status = { ...environmentStatus, phase: 'parked' as const, waitingFor } as EnvironmentStatus;
    const place: BoardPlace = { ...production, state: { kind: 'answered', status } };
    expect(wordsOf(place)).toContain('parked');
    expect(waitsForPeople({ ...board, runs: [], places: [place] }, now)).toMatchObject([
      { title: 'environment shop in production', answers: [{ command: './slipway decide deploy-2 --action retry' }] },
    ]);
  });
});
