import { mkdir, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { inspect } from 'node:util';
import { describe, expect, it } from 'vitest';
import { openSandbox } from '../end-to-end/stage.ts';
import { violationsOf } from './incident/judge.ts';
import { liveThrough, type Death, type Moment } from './incident/kills.ts';
import { expected, IncidentLife } from './incident/life.ts';
import type { Arrest } from './incident/outside.ts';

/**
 * Takes an hour; `SLIPWAY_LONG=1` asks for it. `SLIPWAY_LIVES=0-4` takes so many lives of it. The short form is in
 * incident-kills.test.ts.
 */
const long = process.env['SLIPWAY_LONG'] !== undefined;
const [firstLife = 0, lastLife = Infinity] = (process.env['SLIPWAY_LIVES'] ?? '')
  .split('-')
  .filter((text) => text !== '')
  .map(Number);
/** So many deaths in one life: a look is given up after ten. */
const killsInLife = 6;
/** Longer than everything that an incident waits for while a worker lives. */
const longAwayMs = 70_000;
const modes: Arrest['kind'][] = ['hang', 'delay', 'lost'];
const turns = [
  ['incidentOpened', 'trigger'],
  ['escalated'],
  ['incidentAcknowledged', 'acknowledge'],
  ['communicated'],
  ['mitigationStarted'],
  ['mitigationEnded'],
  ['resolved', 'resolve'],
] as const;
/** Events after which something outside happens, or has happened, or is waited for. */
const isBoundary = (name: string) =>
  /^(ActivityTask(Scheduled|Completed)|Timer|StartChild|ChildWorkflow|Marker)/.test(name);

interface Life {
  name: string;
  kills: Death[];
}

/** Deaths before, during and after each call that tells people. */
const messages: Life[] = modes.map((kind, index) => ({
  name: `messages-${kind}`,
  kills: turns.map(([event, action]) => ({ moments: messagesOf(event, action, index) })),
}));

const lookCalls = ['alertmanager', 'prometheus query', 'prometheus query_range', 'alertmanager', 'prometheus query'];
/** Deaths at each look at Alertmanager and Prometheus: before, during and after it are one to them. */
const looks: Life = {
  name: 'looks',
  kills: lookCalls.map((call) => ({ moments: [{ call: { call, kind: 'hang' } }] })),
};

/** Nobody works for longer than all that is waited for: at a look, a message, a child, the last word. */
const aways: Life[] = [
  {
    name: 'away-at-a-look',
    kills: [{ moments: [{ call: { call: 'prometheus query', kind: 'hang' } }], awayMs: longAwayMs }],
  },
  {
    name: 'away-at-the-question',
    kills: [{ moments: [{ call: { call: 'alertmanager', kind: 'hang' } }], awayMs: longAwayMs }],
  },
  { name: 'away-at-a-message', kills: [{ moments: messagesOf('escalated', undefined, 2), awayMs: longAwayMs }] },
  {
    name: 'away-at-the-child',
    kills: [{ moments: [{ event: 'StartChildWorkflowExecutionInitiated' }], awayMs: longAwayMs }],
  },
  { name: 'away-at-the-last-word', kills: [{ moments: messagesOf('resolved', 'resolve', 0), awayMs: longAwayMs }] },
];

describe.runIf(long)('the worker of an incident that is killed at every boundary', () => {
  const sandbox = openSandbox({ hasWorker: false });

  it('loses no evidence, message, clock, mitigation or freeze', async () => {
    const undisturbed = await IncidentLife.prepare(sandbox, 'counted');
    const { record } = await liveThrough(undisturbed, []);
    expect(violationsOf(record, expected)).toEqual([]);
    const boundaries = numbered((await undisturbed.events()).filter(isBoundary));
    await undisturbed.close();
    const lives = [...messages, looks, ...aways, ...livesOf(boundaries)].slice(firstLife, lastLife + 1);
    const found: Report = { boundaries: boundaries.length, lives: 0, kills: 0, missed: [], violations: [] };
    for (const [index, { name, kills }] of lives.entries()) {
      await sandbox.reset();
      const life = await IncidentLife.prepare(sandbox, `life-${firstLife + index}`);
      try {
        const { record: lived, missed } = await liveThrough(life, kills);
        found.violations.push(...violationsOf(lived, expected).map((violation) => `${name}: ${violation}`));
        found.missed.push(...missed.map((kill) => `${name}: ${JSON.stringify(kill.moments)}`));
        found.kills += kills.length - missed.length;
      } catch (error) {
        found.violations.push(`${name}: ${inspect(error, { depth: 4 })}`);
      } finally {
        await life.close();
      }
      found.lives += 1;
      await report(found);
    }
    expect(found.violations).toEqual([]);
  }, 7_200_000);
});

/** The moments at which each channel is told of a turn, each in another mode. */
function messagesOf(event: string, action: string | undefined, mode: number): Moment[] {
  const kindOf = (index: number): Arrest['kind'] => modes[(mode + index) % modes.length] ?? 'hang';
  return [
    { call: { call: 'slack chat.postMessage', about: `-${event}"`, kind: kindOf(0) } },
    { call: { call: 'webhook', about: `-${event}"`, kind: kindOf(1) } },
    ...(action ? [{ call: { call: 'pagerDuty', about: `"${action}"`, kind: kindOf(2) } }] : []),
  ];
}

/** Counts events of the same name. */
function numbered(names: readonly string[]): { event: string; nth: number }[] {
  return names.map((event, index) => ({ event, nth: names.slice(0, index + 1).filter((one) => one === event).length }));
}

/** Deals the boundaries out, so that each life has deaths from its beginning to its end. */
function livesOf(boundaries: readonly { event: string; nth: number }[]): Life[] {
  const count = Math.ceil(boundaries.length / killsInLife);
  return Array.from({ length: count }, (_, offset) => ({
    name: `events-${offset}`,
    kills: boundaries.filter((_one, index) => index % count === offset).map((moment) => ({ moments: [moment] })),
  }));
}

interface Report {
  boundaries: number;
  lives: number;
  kills: number;
  /** Boundaries that a life did not have: a look less, or already over when its turn came. */
  missed: string[];
  violations: string[];
}

async function report({ boundaries, lives, kills, missed, violations }: Report): Promise<void> {
  const folder = path.join(import.meta.dirname, '..', '..', '.slipway', 'reports');
  await mkdir(folder, { recursive: true });
  const headline =
    `${boundaries} events of an incident and each of its messages in ${modes.length} modes: ${kills} kills in ` +
    `${lives} lives, ${missed.length} more not reached, ${violations.length} violations`;
  await writeFile(
    path.join(folder, `kills-of-an-incident${firstLife > 0 ? `-from-${firstLife}` : ''}.json`),
    `${JSON.stringify({ headline, violations, missed }, null, 1)}\n`,
  );
}
