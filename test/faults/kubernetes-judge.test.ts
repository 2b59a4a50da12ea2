import { describe, expect, it } from 'vitest';
import { formatFence, type Marker } from '../../contract/fence.ts';
import type { AuditEvent } from '../sandbox/cluster-programs.ts';
import { violationsOf, type JudgedPlace } from './kubernetes/judge.ts';

const namespace = 'runtime';
const workerUser = `system:serviceaccount:${namespace}:slipway-worker`;
const jobController = 'system:serviceaccount:kube-system:job-controller';
const [oldImage, newImage] = ['a', 'b'].map((letter) => `registry.example/app@sha256:${letter.repeat(64)}`) as [
  string,
  string,
];
const deploy = 'c1';
const rollback = 'c2';
const migrate = 'c3';

const place: JudgedPlace = {
  namespace,
  workerUser,
  workload: 'statefulsets/app',
  changes: [
    { id: deploy, kind: 'deploy', image: newImage, gateJobs: 0, endedAt: timeOf(30) },
    { id: rollback, kind: 'rollback', image: oldImage, gateJobs: 0, endedAt: timeOf(50) },
    { id: migrate, kind: 'migrate', image: oldImage, gateJobs: 0, endedAt: timeOf(80) },
  ],
};

function timeOf(second: number): string {
  return new Date(Date.UTC(2026, 0, 1, 0, 0, second)).toISOString();
}

interface Said {
  second: number;
  verb: string;
  /** Such as `statefulsets/app` or `jobs.status/app-migrate`. */
  object: string;
  marker?: Marker;
  user?: string;
  code?: number;
  after?: object;
  query?: string;
}

/** Makes an event as the API server logs it. */
function event({ second, verb, object, marker, user = workerUser, code = 200, after, query = '' }: Said): AuditEvent {
  const [what = '', name = ''] = object.split('/');
  const [resource = '', subresource] = what.split('.');
  return {
    verb,
    requestURI: `/namespaces/${namespace}/${resource}/${name}?${query}`,
    user: { username: user },
    userAgent: marker
      ? `slipway (change=${marker.change}; step=${marker.step}; attempt=${marker.attempt}; ` +
        `fence=${formatFence(marker.fence)})`
      : 'slipway',
    objectRef: { resource, namespace, ...(name && { name }), ...(subresource && { subresource }) },
    responseStatus: { code },
    ...(after && { responseObject: after }),
    requestReceivedTimestamp: timeOf(second),
    stageTimestamp: timeOf(second),
  };
}

const markers = {
  fence: { change: deploy, step: 'fence', attempt: 1, fence: { number: 1, sequence: 1 } },
  sync: { change: deploy, step: 'sync-job', attempt: 1, fence: { number: 1, sequence: 2 } },
  migrate: { change: deploy, step: 'migrate', attempt: 1, fence: { number: 1, sequence: 3 } },
  stage: { change: deploy, step: 'stage', attempt: 1, fence: { number: 1, sequence: 4 } },
  shift: { change: deploy, step: 'shift', attempt: 1, fence: { number: 1, sequence: 5 } },
  restore: { change: rollback, step: 'restore', attempt: 1, fence: { number: 2, sequence: 1 } },
  fenceAgain: { change: migrate, step: 'fence', attempt: 1, fence: { number: 3, sequence: 1 } },
  syncAgain: { change: migrate, step: 'sync-job', attempt: 1, fence: { number: 3, sequence: 2 } },
  migrateAgain: { change: migrate, step: 'migrate', attempt: 1, fence: { number: 3, sequence: 3 } },
} satisfies Record<string, Marker>;

const annotations = ({ fence }: Marker) => ({ 'slipway.dev/fence': formatFence(fence) });
const template = (image: string) => ({ spec: { containers: [{ image }] } });
const set = (image: string, marker?: Marker) => ({
  metadata: { name: 'app', annotations: marker ? annotations(marker) : {} },
  spec: { template: template(image) },
});
const job = (name: string, image: string, suspend: boolean, marker: Marker) => ({
  metadata: { name, annotations: annotations(marker) },
  spec: { suspend, template: template(image) },
});
const podOf = (name: string, image: string) => ({
  metadata: { name: `${name}-x`, labels: { 'batch.kubernetes.io/job-name': name } },
  spec: { containers: [{ image }] },
});
const apply = (second: number, marker: Marker, image: string): Said => ({
  ...{ second, verb: 'patch', object: 'statefulsets/app', marker, query: 'fieldManager=slipway&force=false' },
  after: set(image, marker),
});
const look = (second: number): Said[] => [
  { second, verb: 'get', object: 'statefulsets/app' },
  { second, verb: 'list', object: 'pods/' },
];

/** A migration Job from its creation to its end. */
function migration(second: number, name: string, image: string, sync: Marker, run: Marker): Said[] {
  const object = `jobs/${name}`;
  return [
    { second, verb: 'create', object, marker: sync, code: 201, after: job(name, image, true, sync) },
    { second: second + 1, verb: 'patch', object, marker: run, after: job(name, image, false, run) },
    { second: second + 2, verb: 'create', object: 'pods/', user: jobController, code: 201, after: podOf(name, image) },
    { second: second + 4, verb: 'update', object: `jobs.status/${name}`, user: jobController },
  ];
}

/** Applied by hand, deployed, rolled back, migrated: nothing is wrong. */
const clean: Said[] = [
  { second: 0, verb: 'create', object: 'statefulsets/app', user: 'admin', code: 201, after: set(oldImage) },
  { second: 1, verb: 'patch', object: 'statefulsets/app', marker: markers.fence, after: set(oldImage, markers.fence) },
  ...migration(2, 'app-migrate-c1-a1', newImage, markers.sync, markers.migrate),
  { second: 10, verb: 'create', object: 'secrets/slipway-app-c1-before', marker: markers.stage, code: 201 },
  { second: 11, verb: 'create', object: 'secrets/slipway-app-c1-a1', marker: markers.stage, code: 201 },
  {
    ...{ second: 12, verb: 'patch', object: 'configmaps/settings', marker: markers.shift, code: 201 },
    query: 'fieldManager=slipway&force=false',
  },
  apply(15, markers.shift, newImage),
  ...look(20),
  apply(40, markers.restore, oldImage),
  ...look(45),
  {
    ...{ second: 60, verb: 'patch', object: 'statefulsets/app', marker: markers.fenceAgain },
    after: set(oldImage, markers.fenceAgain),
  },
  ...migration(61, 'app-migrate-c3-a1', oldImage, markers.syncAgain, markers.migrateAgain),
  ...look(70),
];

function judge(said: readonly Said[]): string[] {
  return violationsOf([...said].sort((a, b) => a.second - b.second).map(event), place);
}

function without(matches: (said: Said) => boolean): Said[] {
  expect(clean.some(matches)).toBe(true);
  return clean.filter((said) => !matches(said));
}

function changed(matches: (said: Said) => boolean, change: Partial<Said>): Said[] {
  return [...without(matches), ...clean.filter(matches).map((said) => ({ ...said, ...change }))];
}

const at = (second: number) => (said: Said) => said.second === second;
const late = { ...markers.shift, step: 'shift' };

/** What somebody might do wrong, and what the judge has to say of it. */
const planted: [what: string, said: Said[], verdict: RegExp][] = [
  ['a second roll-out of one change', [...clean, apply(16, markers.shift, oldImage)], /I1: 2 roll-outs by deploy c1/],
  [
    'a second record in one step',
    [...clean, { second: 13, verb: 'create', object: 'secrets/slipway-app-c1-a1', marker: markers.stage, code: 201 }],
    /I1: 2 times create secrets/,
  ],
  ['a change that rolled nothing out', without(at(15)), /I1: 0 roll-outs by deploy c1/],
  [
    'a second migration Job',
    [...clean, ...migration(3, 'app-migrate-c1-a2', newImage, markers.sync, markers.migrate)],
    /I1: 2 Jobs by deploy c1/,
  ],
  [
    'a second pod of a Job',
    [
      ...clean,
      {
        ...{ second: 5, verb: 'create', object: 'pods/', user: jobController, code: 201 },
        after: podOf('app-migrate-c1-a1', newImage),
      },
    ],
    /I1: 2 pods of a Job by deploy c1/,
  ],
  [
    'a Job with another image than the release',
    changed(at(2), { after: job('app-migrate-c1-a1', oldImage, true, markers.sync) }),
    /I2: create jobs/,
  ],
  [
    'a pod of the Job with another image',
    changed((said) => said.second === 4 && said.object === 'pods/', { after: podOf('app-migrate-c1-a1', oldImage) }),
    /I2: create pods/,
  ],
  [
    'a migrate for another image than what serves',
    [
      ...without(({ second }) => second >= 61 && second < 66),
      ...migration(61, 'm', newImage, markers.syncAgain, markers.migrateAgain),
    ],
    /I2: /,
  ],
  [
    'a write that does not say for which change',
    [...clean, { second: 14, verb: 'patch', object: 'services/app', after: { metadata: { name: 'app' } } }],
    /I3: patch services\/app .*is of no change/,
  ],
  [
    'a write of a change after another one has begun',
    [...clean, { second: 42, verb: 'patch', object: 'services/app', marker: markers.shift, after: { spec: {} } }],
    /I3: c1 wrote again after another change had/,
  ],
  [
    'a write behind another one',
    [
      ...clean,
      { second: 16, verb: 'patch', object: 'services/app', marker: { ...markers.sync, step: 'shift' }, after: {} },
    ],
    /I3: patch services\/app .*is behind the write before it/,
  ],
  ['a write that leaves another fence', changed(at(15), { after: set(newImage, markers.fence) }), /I3: .*its fence/],
  [
    'a write after the environment was given back',
    [...clean, { second: 35, verb: 'patch', object: 'services/app', marker: late, after: { spec: {} } }],
    /I3: patch services\/app .*came after its change had ended/,
  ],
  [
    'a template that somebody else changed',
    [...clean, { second: 18, verb: 'patch', object: 'statefulsets/app', user: 'admin', after: set('other') }],
    /I4: .*by admin changed the template/,
  ],
  ['another image than was approved', changed(at(15), apply(15, markers.shift, 'registry.example/app:latest')), /I4: /],
  [
    'a roll-out before what lived was recorded',
    changed(at(10), { second: 16 }),
    /I5: c1 wrote in shift before what lived was recorded/,
  ],
  ['a write before the fence', changed(at(1), { second: 9 }), /I5: create jobs.* comes before the fence/],
  [
    'a rollback to a state that never was there',
    changed(at(40), {
      after: { ...set(oldImage, markers.restore), spec: { template: { ...template(oldImage), metadata: {} } } },
    }),
    /I5: c2 went back to a template that never was there/,
  ],
  [
    'something between a rollback and its users',
    [
      ...clean,
      {
        ...{ second: 39, verb: 'create', object: 'secrets/slipway-app-c2-before', code: 201 },
        marker: { ...markers.restore, step: 'stage' },
      },
    ],
    /I6: create secrets/,
  ],
  ['a release that nobody has read back', without(at(20)), /I7: c1 ended without a look at what serves/],
  [
    'a roll-out while the migration still ran',
    changed(at(6), { second: 19 }),
    /I8: c1 rolled out before its migration had ended/,
  ],
  [
    'a migration in a rollback',
    [...clean, ...migration(41, 'app-migrate-c2-a1', oldImage, { ...markers.restore }, { ...markers.restore })],
    /I8: 1 Jobs by rollback c2/,
  ],
];

describe('the judge of an audit log', () => {
  it('has nothing to say of a deploy, a rollback and a migrate as they should be', () => {
    expect(judge(clean)).toEqual([]);
  });

  it('does not count what the server refused, what was a dry run, or what changed nothing', () => {
    const refused = { ...apply(16, markers.shift, newImage), code: 409 };
    const dry = { ...apply(16, markers.shift, oldImage), query: 'force=false&dryRun=All' };
    const same = apply(17, markers.shift, newImage);
    expect(judge([...clean, refused, dry, same])).toEqual([]);
  });

  it.each(planted)('finds %s', (_what, said, verdict) => {
    expect(judge(said).join('\n')).toMatch(verdict);
  });
});
