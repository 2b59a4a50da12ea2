import { MockActivityEnvironment } from '@temporalio/testing';
import { createHash } from 'node:crypto';
import path from 'node:path';
import { describe, expect, it } from 'vitest';
import { createEvidenceActivities } from '../../activities/evidence/index.ts';
import type { SealReport } from '../../activities/evidence/seal.ts';
import type { ExecutionOutput, OutputLine } from '../../activities/ports/target.ts';
import { evidence, type EvidenceEntry } from '../../contract/catalog/evidence.ts';
import { evidenceManifest, filesOf, type EvidenceCheck, type EvidenceManifest } from '../../contract/evidence.ts';
import { loadCatalog } from '../../catalog/load.ts';
import { standInVariables } from '../../sandbox/people.ts';
import { asEveryKind } from '../workflows/fake-platform.ts';
import { artifactOf, commits, logEntry, packing, targetEntry, World } from '../workflows/world.ts';
import { ScriptedService } from './gate-world.ts';

const marker = (sequence: number) => ({ change: 'c1', step: 'evidence-1', attempt: 1, fence: { number: 1, sequence } });
const markers = { sync: marker(1), run: marker(2) };
const artifact = artifactOf(commits.good);
const secret = 'a "secret" of the service';

type Written = Record<string, unknown>;
const health = {
  profile: { watchers_enabled: false, remote_enabled: false },
  secrets: { provider: 'gcp.secret_manager', status: 'ready' },
  override: null,
};
const expected = {
  '/profile/watchers_enabled': false,
  '/secrets/status': 'ready',
  '/override': null,
  '/secrets/provider': ['env', 'gcp.secret_manager'],
};

const out = (text: string): OutputLine[] => text.split('\n').map((line) => ({ stream: 'stdout', text: line }));
const err = (text: string): OutputLine => ({ stream: 'stderr', text });
const printed = (document: Written) => out(JSON.stringify(document, null, 2));

interface Situation {
  settings?: Partial<EvidenceEntry>;
  json?: object;
  present?: string[];
  outcome?: 'failed';
  image?: 'another';
  isCut?: boolean;
  secrets?: 'unreadable';
  /** The value of the service's secret. */
  secret?: string;
  /** The build packs a manifest of the commit into the image. */
  packs?: true;
}

const manifestText = '{"workflows":["notify"]}';
const manifestHash = createHash('sha256').update(manifestText).digest('hex');

function worldOf({ settings = {}, json = expected, present = [], secrets, packs }: Situation): World {
  const program = { name: 'health', command: ['oneiric', 'health'], json, present };
  const world = new World({
    target: { ...targetEntry('service'), evidenceJob: 'service-evidence' },
    secrets: { KEY: { secret: 'service-key', version: 'latest' } },
    evidence: evidence.parse({ programs: [program], ...settings }),
  });
  if (packs) {
    world.entry = { ...world.entry, build: packing };
    world.files.set('app/manifests/shop.yaml', 'workflows: [notify]');
  }
  if (secrets === 'unreadable') world.failNext('secret', 'Missing', 'no such secret');
  return world;
}

/** Runs the one program of a catalog, whose output arrives in these looks. */
async function check(looks: (OutputLine[] | ExecutionOutput)[], situation: Situation = {}) {
  const world = worldOf(situation);
  if (situation.outcome) world.programOutcomes.push(situation.outcome);
  const platform = world.target();
  const executionOutput = async (): Promise<ExecutionOutput> => {
    const look = (looks.length > 1 ? looks.shift() : looks[0]) ?? [];
    return Array.isArray(look) ? { lines: look, isComplete: true, isCut: situation.isCut ?? false } : look;
  };
  const runJob: typeof platform.runJob = async (place, request) => {
    const run = await platform.runJob(place, request);
    return situation.image ? { ...run, digest: artifactOf(commits.old).digest } : run;
  };
  const ports = world.ports({} as never, {} as never);
  const { runProgram } = createEvidenceActivities({
    ...ports,
    targets: asEveryKind({ ...platform, executionOutput, runJob }),
    secrets: { ...ports.secrets, read: async () => world.answer('secret', situation.secret ?? secret) },
  });
  const candidate = { revision: 'service-2', url: 'http://candidate.example' };
  const request = { entry: world.entry, markers, artifact, program: 'health', ...candidate };
  const found: EvidenceCheck = await new MockActivityEnvironment().run(runProgram, request);
  return { found, kept: [...world.kept.values()] };
}

/** A command of the service in the image of the release, and what its output must be (runbook 002, section 6). */
describe('a program of evidence', () => {
  it('passes when everything stands where the catalog expects it, and is kept', async () => {
    const { found, kept } = await check([printed(health)]);
    expect(found).toMatchObject({ name: 'health', kind: 'program', verdict: 'pass', command: ['oneiric', 'health'] });
    expect(found.assertions).toHaveLength(4);
    expect(found.assertions.every(({ holds }) => holds)).toBe(true);
    expect(kept.map((text) => JSON.parse(text) as unknown)).toEqual([health]);
    expect(found.files).toMatchObject([{ name: 'health/stdout', mediaType: 'application/json' }]);
  });

  it.each([
    ['/profile/watchers_enabled', { ...health, profile: { watchers_enabled: true } }, 'has true at'],
    ['/secrets/status', { ...health, secrets: { ...health.secrets, status: 'failed' } }, 'has "failed" at'],
    ['/secrets/provider', { ...health, secrets: { status: 'ready', provider: 'file' } }, 'or "gcp.secret_manager"'],
    ['/override', { profile: health.profile, secrets: health.secrets }, 'has nothing at'],
  ])('fails for what is not so at %s, and says what was found', async (at, document, reason) => {
    const { found, kept } = await check([printed(document)]);
    expect(found).toMatchObject({ verdict: 'fail', reason: expect.stringContaining(reason) });
    expect(found.assertions.filter(({ holds }) => !holds).map((one) => one.at)).toEqual([at]);
    // What does not hold is evidence, too.
    expect(kept).toHaveLength(1);
  });

  it('fails for a line on stderr, unless the catalog allows its text', async () => {
    const lines = [...printed(health), err('DeprecationWarning: old call')];
    expect((await check([lines])).found).toMatchObject({
      verdict: 'fail',
      reason: 'it wrote to stderr: DeprecationWarning: old call',
    });
    const allowed = await check([lines], { settings: { allowedOnStderr: ['DeprecationWarning'] } });
    expect(allowed.found).toMatchObject({ verdict: 'pass' });
    expect(allowed.found.files.map(({ name }) => name)).toEqual(['health/stdout', 'health/stderr']);
  });

  it('fails for another exit code, another image and an output that is not one JSON document', async () => {
    expect((await check([printed(health)], { outcome: 'failed' })).found).toMatchObject({
      verdict: 'fail',
      reason: expect.stringContaining('it failed'),
    });
    expect((await check([printed(health)], { image: 'another' })).found).toMatchObject({
      verdict: 'fail',
      reason: expect.stringContaining('not the digest of the release'),
    });
    expect((await check([[...out('starting'), ...printed(health)]])).found).toMatchObject({
      verdict: 'fail',
      reason: 'its output is not one JSON document',
    });
  }, 10_000);

  it('fails where the image has another manifest than the commit', async () => {
    const situation: Situation = { json: { '/manifest': '{manifest}' }, packs: true };
    expect((await check([printed({ manifest: manifestHash })], situation)).found).toMatchObject({ verdict: 'pass' });
    expect((await check([printed({ manifest: 'another' })], situation)).found).toMatchObject({
      verdict: 'fail',
      reason: `its output has "another" at /manifest, expected "${manifestHash}"`,
    });
  });

  it('waits for lines that arrive after the end', async () => {
    const [first = { stream: 'stdout', text: '' }] = printed(health);
    expect((await check([[first], printed(health)])).found).toMatchObject({ verdict: 'pass' });
  });

  it('is inconclusive while its output is not whole, and when it is longer than what is read', async () => {
    const late = { lines: printed(health), isComplete: false, isCut: false };
    expect((await check([late])).found).toMatchObject({ verdict: 'inconclusive' });
    expect((await check([printed(health)], { isCut: true })).found).toMatchObject({
      verdict: 'inconclusive',
      reason: 'it wrote more lines than are read',
    });
  });

  it('keeps no secret in any form, and nothing at all where a secret cannot be read', async () => {
    const leaks = { key: secret, inBase64: Buffer.from(secret).toString('base64'), inUrl: encodeURIComponent(secret) };
    const { found, kept } = await check([printed({ ...health, leaks })], { json: { '/leaks/key': 'nothing' } });
    const everything = JSON.stringify([found, kept]);
    for (const form of [secret, ...Object.values(leaks)])
      for (const shown of [form, JSON.stringify(form).slice(1, -1)]) expect(everything).not.toContain(shown);
    expect(found.reason).toContain('[secret]');
    const address = 'postgres://user:p%40ssword@db.example/app';
    const parts = { decoded: 'p@ssword', written: 'p%40ssword', user: 'user' };
    const shown = await check([printed({ ...health, parts })], { secret: address });
    expect(shown.kept.join('\n')).not.toMatch(/p@ssword|p%40ssword/);
    expect(shown.kept.join('\n')).toContain('"user"');
    await expect(check([printed(health)], { secrets: 'unreadable' })).rejects.toThrow(
      'the worker cannot read service-key',
    );
  });
});

interface Sealed {
  service: ScriptedService;
  world: World;
  manifest: EvidenceManifest;
  report: { verdict: string; gates: { name: string; verdict: string; reason: string }[] };
}

const passed: EvidenceCheck = {
  name: 'health',
  kind: 'program',
  verdict: 'pass',
  reason: 'says what is expected',
  startedAt: '2026-01-01T00:00:00Z',
  endedAt: '2026-01-01T00:00:01Z',
  command: ['oneiric', 'health'],
  execution: 'service-evidence-1',
  assertions: [{ at: '/secrets/status', expected: '"ready"', found: '"ready"', holds: true }],
  files: [],
};

/** Seals evidence of a candidate that answers so, and has written these lines to stderr. */
async function seal(
  answer: object,
  stderr: string[],
  work: (sealed: Sealed) => void | Promise<void>,
  situation: Situation = {},
): Promise<void> {
  const service = await new ScriptedService().open();
  service.reply = () => ({ status: 200, json: answer });
  const gates = [{ name: 'healthz', path: '/healthz', json: { '/status': 'ok' } }];
  const world = worldOf({ settings: { gates: evidence.parse({ gates }).gates }, ...situation });
  world.logEntries = stderr.map(logEntry);
  try {
    const { sealEvidence } = createEvidenceActivities(world.ports({} as never, {} as never));
    const request = {
      ...{ entry: world.entry, artifact, change: 'c1', plan: 'p1', revision: 'service-2', url: service.url },
      ...{ since: '2026-01-01T00:00:00Z', attempt: 1, attemptKey: 'evidence1', programs: [passed] },
    };
    const sealed: SealReport = await new MockActivityEnvironment().run(sealEvidence, request);
    const { manifest: hash, ...report } = sealed;
    const manifest = evidenceManifest.parse(JSON.parse(world.kept.get(hash) ?? ''));
    await work({ service, world, manifest, report });
  } finally {
    service.close();
  }
}

/** The candidate's endpoint, its stderr, and the manifest over everything (runbook 002, sections 6 and 8). */
describe('sealed evidence', () => {
  it('has a manifest with the hash of everything that is kept, and of what it is about', async () => {
    await seal({ status: 'ok' }, [], ({ world, manifest, report }) => {
      expect(report.verdict).toBe('pass');
      expect(manifest).toMatchObject({
        ...{ change: 'c1', plan: 'p1', revision: 'service-2', digest: artifact.digest, verdict: 'pass' },
        checks: [{ name: 'health' }, { name: 'healthz', kind: 'http' }, { name: 'stderr', verdict: 'pass' }],
      });
      expect(manifest.checks[1]?.assertions).toEqual([{ at: '/status', expected: '"ok"', found: '"ok"', holds: true }]);
      const texts = filesOf(manifest).map((file) => [file.name, world.kept.get(file.sha256)]);
      expect(Object.fromEntries(texts)).toMatchObject({
        'healthz/answer': '{"status":"ok"}',
        'release-notes.md': expect.stringContaining('`/secrets/status` is `"ready"`'),
      });
      expect(filesOf(manifest).map(({ bytes }) => bytes)).toEqual(
        texts.map(([, text]) => Buffer.byteLength(text ?? '')),
      );
    });
  });

  it('names what the build has packed into the image, for auditors and in the release notes', async () => {
    const work = ({ world, manifest }: Sealed) => {
      expect(manifest.packed).toEqual({ path: 'build/manifest.json', sha256: manifestHash });
      expect(world.kept.get(manifest.notes.sha256)).toContain(`build/manifest.json (SHA-256 ${manifestHash})`);
    };
    await seal({ status: 'ok' }, [], work, { packs: true });
    await seal({ status: 'ok' }, [], ({ manifest }) => expect(manifest).not.toHaveProperty('packed'));
  });

  it('has a finding for an answer that is not as expected, with what was answered', async () => {
    await seal({ status: 'draining' }, [], ({ world, manifest, report }) => {
      expect(report.verdict).toBe('fail');
      expect(manifest).toMatchObject({ verdict: 'fail' });
      const answer = filesOf(manifest).find(({ name }) => name === 'healthz/answer');
      expect(world.kept.get(answer?.sha256 ?? '')).toBe('{"status":"draining"}');
      const notes = world.kept.get(manifest.notes.sha256);
      expect(notes).toContain('`/status` is `"draining"`, expected `"ok"`');
    });
  });

  it('has a finding for each line that a candidate wrote to stderr, healthy as it is', async () => {
    await seal({ status: 'ok' }, ['watcher failed'], ({ manifest, report }) => {
      expect(report.gates.at(-1)).toMatchObject({
        ...{ name: 'stderr', verdict: 'fail', reason: 'service-2 wrote to stderr: watcher failed' },
      });
      expect(manifest.checks.at(-1)?.files).toMatchObject([{ name: 'stderr/lines' }]);
    });
  });
});

/** Puts a value at a JSON pointer. */
function put(document: Written, pointer: string, value: unknown): void {
  const steps = pointer.split('/').slice(1);
  const last = steps.pop() ?? '';
  let place = document;
  for (const step of steps) place = (place[step] ??= {}) as Written;
  place[last] = value;
}

/** The shipped catalog of the sample: nothing that auditors look for can be wrong without a finding (runbook 002). */
describe('the evidence of oneiric', async () => {
  const { services } = await loadCatalog(path.join(import.meta.dirname, '..', '..', 'catalog'), standInVariables);
  const { programs = [] } = services.get('oneiric')?.entry.environments['production']?.evidence ?? {};
  const asserted = programs.flatMap(({ name, json = {}, present = [] }) =>
    [...Object.keys(json), ...present].map((at) => ({ name, at, json, present })),
  );

  it('asserts profile, supervisor, secrets and lifecycle', () => {
    for (const topic of ['watchers', 'remote', 'inline_manifest', 'env_override', 'secrets/status', 'activity_state'])
      expect(asserted.filter(({ at }) => at.includes(topic)).length, topic).toBeGreaterThan(0);
  });

  it.each(asserted)('$name: nothing but what is expected passes at $at', async ({ at, json, present }) => {
    const document: Written = {};
    for (const [pointer, value] of Object.entries(json)) put(document, pointer, value);
    for (const pointer of present) put(document, pointer, 'something');
    const situation: Situation = { json, present };
    expect((await check([printed(document)], situation)).found).toMatchObject({ verdict: 'pass' });
    put(document, at, present.includes(at) ? null : 'otherwise');
    const { found } = await check([printed(document)], situation);
    expect(found).toMatchObject({ verdict: 'fail', reason: expect.stringContaining(` at ${at}, expected`) });
  });
});
