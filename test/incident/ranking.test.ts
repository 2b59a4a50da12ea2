import { describe, expect, it } from 'vitest';
import type { Evidence } from '../../contract/incident/look.ts';
import { rankCategories } from '../../contract/incident/ranking.ts';
import { hasWord } from '../../contract/incident/words.ts';

const evidence = (name: string, lines: string[]): Evidence => ({
  name,
  lines,
  verdict: 'fail',
  reason: '',
  source: '',
  query: '',
  window: null,
  count: lines.length,
  link: null,
  at: '',
});

/** Lines as the sample runtime writes them, each with the category that it tells of. */
const told = {
  streamCompletion: 'WARNING stream session ended without run.finished: tail_timeout event=stream.session',
  leaseSteals: 'WARNING lease stolen: its holder did not renew it in time event=lease.acquire outcome=stolen',
  toolFailures: 'WARNING tool call failed: web_search at search-api: upstream_timeout event=tool.call tool=web_search',
  policyDenials: 'WARNING policy denied the run: budget_exhausted event=policy.decision decision=denied',
  circuitOpen: 'WARNING circuit breaker of model-api is open: tool summarize not called event=circuit.breaker',
  syncAuth: 'WARNING sync socket auth rejected: unknown_kid event=sync.socket.auth outcome=rejected',
  reconnectStorm: 'WARNING sync stale_cursor: the client has to take a snapshot anew event=sync.resume',
};

describe('categories by what the evidence shows', () => {
  it.each(Object.entries(told))('find %s among lines of every other', (category, line) => {
    const noise = Object.values(told).map((other) => `1 × ${other}`);
    const ranked = rankCategories([evidence('ids', [`40 × ${line}`, ...noise])]);
    expect(ranked.map((one) => one.category)).toEqual([category]);
    expect(ranked[0]?.reason).toMatch(/^4\d of 47 failing lines say /);
  });

  it('put an alert before any number of lines', () => {
    const ranked = rankCategories([
      evidence('alerts', ['OpenAgentsKhalaTokenMintFailureRatioHigh since 2026-03-01T10:00:00Z (sev2): x']),
      evidence('ids', [`90 × ${told.toolFailures}`, `60 × ${told.leaseSteals}`]),
    ]);
    expect(ranked.map(({ category }) => category)).toEqual(['syncAuth', 'toolFailures', 'leaseSteals']);
    expect(ranked[0]?.reason).toBe('OpenAgentsKhalaTokenMintFailureRatioHigh fires');
  });

  it('are not known where nothing fits', () => {
    expect(rankCategories([])).toEqual([]);
    expect(rankCategories([evidence('ids', ['80 × ERROR GET /runs failed: nobody has a word for this'])])).toEqual([]);
    expect(rankCategories([evidence('alerts', ['OpenAgentsRuntimeDown since 2026-03-01T10:00:00Z: x'])])).toEqual([]);
  });

  it('are not known by the few failures that there always are', () => {
    const usual = Object.values(told).map((line) => `1 × ${line}`);
    expect(rankCategories([evidence('ids', usual)])).toEqual([]);
    expect(rankCategories([evidence('ids', ['90 × ERROR no database', `10 × ${told.leaseSteals}`])])).toEqual([]);
  });

  it('count only what every incident is asked, and its newest answer', () => {
    const old = evidence('ids', [`40 × ${told.leaseSteals}`]);
    const own = evidence('tool calls', [`40 × ${told.toolFailures}`]);
    expect(rankCategories([old, own, evidence('ids', [])])).toEqual([]);
  });
});

describe('a word', () => {
  it.each([
    ['lease', 'the LEASE_id is stale', true],
    ['lease', 'a release failed', false],
    ['stream.session', 'event=stream.session', true],
    ['stream.session', 'streamXsession', false],
    ['stream', 'upstream_timeout', false],
  ])('%s in "%s": %s', (word, text, found) => {
    expect(hasWord(text, word)).toBe(found);
  });
});
