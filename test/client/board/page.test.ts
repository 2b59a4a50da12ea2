import { Settings } from 'luxon';
import { describe, expect, it } from 'vitest';
import type { Board } from '../../../client/board/board.ts';
import { boardContent, boardPage } from '../../../client/board/html/page.ts';
import { style } from '../../../client/board/html/style.ts';
import { hostileText } from '../incident/hostile.ts';
import { board, now, production } from './sample.ts';

Settings.defaultZone = 'UTC';

/** Puts a stranger's text wherever the board has text; only what the code itself chooses from stays. */
function hostile(all: Board): Board {
  const own = ['category', 'kind', 'from', 'state', 'severity', 'action', 'phase', 'workflowType', 'name'];
  const replaced = JSON.stringify(all, (key, value: unknown) =>
    typeof value === 'string' && !own.includes(key) ? hostileText : value,
  );
  return JSON.parse(replaced) as Board;
}

describe('the page of the board', () => {
  it('shows every text of a stranger as text', () => {
    const page = boardPage(hostile(board), now);
    expect(page).toContain('&lt;script&gt;alert(1)&lt;/script&gt;');
    const tags = (page.match(/<[^>]*>/g) ?? []).map((tag) => tag.replace(/"[^"]*"/g, '""'));
    expect(tags.filter((tag) => tag.startsWith('<script'))).toEqual(['<script src="" defer>']);
    expect(tags.filter((tag) => /^<(img|iframe|style|form|object)|\s(on\w+|style|srcdoc)=/.test(tag))).toEqual([]);
    const links = [...page.matchAll(/(?:href|src)="([^"]*)"/g)].map(([, link]) => link);
    expect(links).toEqual(['/board.svg', '/board.css', '/board.js']);
    expect(['\u202e', '\u001b'].filter((sign) => page.includes(sign))).toEqual([]);
  });

  it('has no script and no style of its own in it', () => {
    const page = boardPage(board, now);
    expect(page).toContain('<script src="/board.js" defer></script>');
    expect(page.match(/<script/g)).toHaveLength(1);
    expect(page).not.toMatch(/<style|style="| onload=|https?:\/\/(?!temporal\.example\.com)/);
  });

  it('links each place and each run to where it describes itself', () => {
    const page = boardPage(board, now);
    const links = [...page.matchAll(/href="(https:[^"]+)"/g)].map(([, link]) => link);
    expect(links).toContain('https://temporal.example.com/namespaces/default/workflows/environment/r/user-metadata');
    expect(links).toContain('https://temporal.example.com/namespaces/default/workflows/deploy-2/r2/user-metadata');
  });

  it('says each state by a word and a sign, and draws each with a border of its own', () => {
    const text = boardContent(board, now)
      .replace(/<[^>]+>/g, ' ')
      .replace(/\s+/g, ' ');
    for (const state of [
      '▲ SEV-1',
      '▲ incident SEV-1',
      '▶ deploy: baking',
      '? deploy: waits for approval',
      '■ frozen',
      '✓ never used',
    ])
      expect(text).toContain(state);
    expect(text).toContain('1 incident open. 1 run waits for people. 1 run in progress.');
    expect(style).toMatch(/\.state\.stop \{ border-width: 2px/);
    expect(style).toMatch(/\.state\.unknown \{ border-style: dashed/);
  });

  it('is the same text as long as nothing is new', () => {
    const later = new Date(now.getTime() + 400);
    const calm = { ...board, incidents: [] };
    expect(boardContent(calm, later)).toBe(boardContent(calm, now));
    expect(boardContent({ ...calm, runs: [] }, now)).not.toBe(boardContent(calm, now));
  });

  it('says what may be old or missing', () => {
    const outage = { since: '2026-03-01T18:10:00.000Z', reason: 'Temporal: it is down' };
    expect(boardContent({ ...board, outage }, now)).toContain(
      'Temporal: it is down, since 18:10:00 UTC. What follows is from 18:12:30 UTC.',
    );
    expect(boardContent({ ...board, at: null, outage }, now)).toContain('Nothing is known yet.');
    const silence = 'nobody works on the task queue slipway';
    expect(boardContent({ ...board, silence }, now)).toContain('Stale: nobody works on the task queue slipway.');
    const notices = ['The catalog is not whole. catalog/tea.yaml:3: must be a path'];
    expect(boardContent({ ...board, notices }, now)).toContain('catalog/tea.yaml:3: must be a path');
  });

  it('shows the other places when one cannot be shown', () => {
    const odd = { ...production, service: 'odd', state: { kind: 'answered', status: { ledger: [] } } };
    const content = boardContent({ ...board, places: [odd as never, ...board.places] }, now);
    expect(content).toContain('this cannot be shown: ');
    expect(content).toContain('commit bbbbbbbbbbbb to 100 % of users');
  });
});
