import type { Board, BoardPlace, BoardRun } from '../../../client/board/board.ts';
import type { DriftReport } from '../../../contract/drift.ts';
import type { EnvironmentStatus } from '../../../contract/environment.ts';
import { lastKnownGood, runningRevision, type ChangeEntry } from '../../../contract/ledger.ts';
import { openIncident } from '../incident/sample.ts';

/** A board in an ordinary night: production gets a bad commit while it bakes, staging is frozen, one place is new. */

export const now = new Date('2026-03-01T18:12:30.000Z');
export const good = 'a'.repeat(40);
const bad = 'b'.repeat(40);
const at = (time: string) => `2026-03-01T${time}.000Z`;

export const entry = (more: Partial<ChangeEntry> = {}): ChangeEntry => ({
  kind: 'deploy',
  outcome: 'released',
  commit: good,
  digest: 'sha256:a',
  revision: 'shop-1',
  plan: '',
  by: 'release-owner@example.com',
  reason: '',
  migrations: [],
  schema: null,
  verified: true,
  serves: { revision: 'shop-1', digest: 'sha256:a', commit: good },
  before: null,
  irreversible: false,
  hold: null,
  approvals: [],
  number: 1,
  change: 'c1',
  at: at('12:00:00'),
  previous: '',
  hash: 'h1',
  ...more,
});

const ledger = [entry()];

export const environmentStatus: EnvironmentStatus = {
  service: 'shop',
  environment: 'production',
  phase: 'held',
  isOpen: true,
  number: 2,
  runs: runningRevision(ledger),
  lastKnownGood: lastKnownGood(ledger),
  holder: {
    change: 'c2',
    kind: 'deploy',
    workflowId: 'deploy-2',
    firstExecutionRunId: 'f',
    owner: 'developer@example.com',
    reason: '',
    commit: bad,
    digest: 'sha256:b',
    position: 0,
    since: at('18:10:00'),
    number: 2,
  },
  queue: [],
  freeze: null,
  stops: [],
  nextFreeze: null,
  holds: [],
  ledger,
  waitingFor: null,
  refused: { count: 0, last: [] },
};

export const baking: BoardRun = {
  workflowId: 'deploy-2',
  runId: 'r2',
  workflowType: 'deploy',
  execution: 'RUNNING',
  startedAt: at('18:05:00'),
  closedAt: null,
  link: 'https://temporal.example.com/namespaces/default/workflows/deploy-2/r2/user-metadata',
  stale: false,
  asOf: null,
  progress: { secondsLeft: 12, of: 15, seen: ['0 new errors'] },
  end: null,
  phase: 'baking',
  service: 'shop',
  environment: 'production',
  commit: bad,
  digest: 'sha256:b',
  change: 'c2',
  kind: 'deploy',
  requestedBy: 'developer@example.com',
  reason: 'a fix',
  steps: [
    { name: 'shift', state: 'passed', startedAt: at('18:11:00'), endedAt: at('18:11:02'), attempts: 1, error: null },
    { name: 'bake', state: 'running', startedAt: at('18:11:05'), endedAt: null, attempts: 1, error: null },
  ],
  waitingFor: null,
  refused: { count: 0, last: [] },
  outcome: null,
};

export const approving: BoardRun = {
  ...baking,
  workflowId: 'deploy-3',
  runId: 'r3',
  phase: 'approval',
  environment: 'staging',
  steps: [],
  waitingFor: {
    kind: 'approval',
    what: 'approval of plan 426bf83cb83c by release-owner',
    since: at('18:00:00'),
    until: at('19:00:00'),
    who: ['release-owner@example.com'],
    commands: ['temporal workflow signal --name approve', './slipway approve deploy-3 --by release-owner@example.com'],
  },
};

export const serving = (commit: string, digest: string): DriftReport => ({
  service: 'shop',
  environment: 'production',
  problems: [],
  serving: [{ revision: 'shop-2', digest, commit, percent: 100 }],
  notCompared: ['ledger, traffic and settings: deploy c2 of developer@example.com holds it and may write'],
});

export const production: BoardPlace = {
  service: 'shop',
  environment: 'production',
  link: 'https://temporal.example.com/namespaces/default/workflows/environment/r/user-metadata',
  unusable: null,
  state: { kind: 'answered', status: environmentStatus },
  platform: { at: at('18:12:20'), answer: serving(bad, 'sha256:b') },
};

export const frozenStaging: BoardPlace = {
  ...production,
  environment: 'staging',
  state: {
    kind: 'answered',
    status: {
      ...environmentStatus,
      environment: 'staging',
      phase: 'frozen',
      holder: null,
      freeze: { by: 'release-owner@example.com', reason: 'a sale', since: at('09:00:00'), until: null },
      holds: [
        { digest: 'sha256:c', commit: 'c'.repeat(40), reason: 'the smoke failed', change: 'c0', since: at('08:00:00') },
      ],
    },
  },
  platform: { at: at('18:10:00'), answer: { ...serving(good, 'sha256:a'), environment: 'staging', notCompared: [] } },
};

export const unused: BoardPlace = {
  ...production,
  service: 'tea',
  link: null,
  state: { kind: 'unused' },
  platform: null,
};

export const board: Board = {
  at: now.toISOString(),
  temporal: { address: '127.0.0.1:7233', namespace: 'default' },
  outage: null,
  silence: null,
  places: [production, frozenStaging, unused],
  runs: [baking, approving],
  incidents: [{ ...openIncident, service: 'shop', environment: 'production' }],
  past: [
    {
      service: 'shop',
      environment: 'production',
      change: 'c1',
      kind: 'deploy',
      commit: good,
      at: at('12:00:00'),
      by: 'release-owner@example.com',
      word: 'completed',
      outcome: 'released commit aaaaaaaaaaaa',
      isDone: true,
      hasHeld: true,
      link: null,
    },
  ],
  notices: [],
};
