import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { canonicalJson } from '../../catalog/canonical-json.ts';
import { createFileEvidence } from '../../activities/files/evidence.ts';
import { ledgerNames } from '../../activities/ledger/names.ts';
import { createOutput } from '../../client/cli/output.ts';
import { openSerializer } from '../../client/cli/serializer.ts';
import { openSession } from '../../client/cli/session.ts';
import { evidence } from '../../client/commands/evidence.ts';
import type { EvidenceManifest } from '../../contract/evidence.ts';
import { objectPath } from '../../contract/ids.ts';
import { draftOf, ledgerEntry } from '../activities/ledger.ts';
import { commits, digestOfCommit } from '../workflows/world.ts';
import { hostileText } from './incident/hostile.ts';

const place = { service: 'oneiric', environment: 'production' };
const change = 'c0123456789';
const at = '2026-01-02T03:04:05.000Z';
const texts = {
  'health/stdout': '{"secrets":{"status":"ready"}}',
  'stderr/lines': hostileText,
  'release-notes.md': '## Evidence\n\n```\nends a fence\n```\n',
};

let folder: string;
let hashes: Record<string, string>;
let manifestHash: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'slipway-evidence-'));
  const store = createFileEvidence(folder);
  const keep = async ([name, text]: [string, string]) => ({
    name,
    sha256: await store.keep(text),
    bytes: Buffer.byteLength(text),
    mediaType: 'text/plain',
  });
  const [health, stderr, notes] = await Promise.all(Object.entries(texts).map(keep));
  if (!health || !stderr || !notes) throw new Error('three files are kept');
  const common = { verdict: 'pass' as const, startedAt: at, endedAt: at };
  const assertions = [{ at: '/secrets/status', expected: '"ready"', found: '"ready"', holds: true }];
  const manifest: EvidenceManifest = {
    ...{ version: 1, service: 'oneiric', environment: 'production', change, attempt: 1, catalog: '', madeAt: at },
    ...{ commit: commits.good, image: 'image', digest: digestOfCommit(commits.good), revision: 'oneiric-a1', plan: '' },
    packed: { path: 'build/manifest.json', sha256: 'f'.repeat(64) },
    verdict: 'pass',
    checks: [
      {
        ...common,
        name: 'health',
        kind: 'program',
        reason: 'as expected',
        assertions,
        files: [health],
        command: ['oneiric'],
      },
      { ...common, name: 'stderr', kind: 'stderr', reason: hostileText, assertions: [], files: [stderr] },
    ],
    notes,
  };
  manifestHash = await store.keep(canonicalJson(manifest));
  hashes = Object.fromEntries([health, stderr, notes].map(({ name, sha256 }) => [name, sha256]));
  const first = ledgerEntry(commits.old, { at, by: 'release-owner@example.com' });
  const second = ledgerEntry(commits.good, { change, at, evidence: [manifestHash] });
  await store.appendLedger(
    place,
    { position: 0, hash: '' },
    [first, second].map((draft) => ({ at, number: 1, draft: draftOf(draft) })),
  );
});
afterEach(() => rm(folder, { recursive: true }));

/** Runs the command as a person does, with `--json`. */
async function run(given: string, options: object = {}): Promise<{ code: number; answer: any }> {
  let text = '';
  const stdout = { write: (chunk: string) => (text += chunk) } as unknown as NodeJS.WritableStream;
  const environment = { SLIPWAY_EVIDENCE: folder };
  const output = createOutput(await openSerializer({ json: true }), { stdout, stderr: stdout, environment });
  const session = openSession({ output, interrupted: new AbortController().signal, environment });
  const code = await evidence.run(session, options, given);
  return { code, answer: JSON.parse(text) };
}

const objectFile = (hash: string) => path.join(folder, objectPath(hash));

/** What an auditor asks: is it what was kept, and what was it (runbook 002, section 6). */
describe('the evidence of a release', () => {
  it.each([
    ['its change id', change],
    ['its commit', commits.good.slice(0, 12)],
    ['its service', 'oneiric'],
  ])('is found by %s, and every hash is right', async (_name, given) => {
    const { code, answer } = await run(given);
    expect(code).toBe(0);
    expect(answer).toMatchObject({ service: 'oneiric', environment: 'production', problems: [], hash: manifestHash });
    expect(Object.fromEntries(answer.files.map(({ name, text }: any) => [name, text]))).toEqual(texts);
  });

  it('is not there where the folder has none, and says where it may be', async () => {
    await expect(run('c9999999999')).rejects.toMatchObject({
      code: 'NotFound',
      message: expect.stringContaining(folder),
    });
    await expect(run(change, { environment: 'staging' })).rejects.toMatchObject({ code: 'NotFound' });
  });

  it.each(Object.keys(texts))('that was altered in %s is named, and not shown', async (name) => {
    await writeFile(objectFile(hashes[name] ?? ''), 'everything was fine');
    const { code, answer } = await run(change);
    expect(code).toBe(1);
    expect(answer.problems).toEqual([
      `${name} (${objectPath(hashes[name] ?? '')}) was altered: its content has another hash`,
    ]);
    expect(JSON.stringify(answer)).not.toContain('everything was fine');
  });

  it('that lacks a file, has another manifest or another ledger says so', async () => {
    await rm(objectFile(hashes['health/stdout'] ?? ''));
    expect((await run(change)).answer.problems).toEqual([expect.stringMatching(/^health\/stdout .* is missing$/)]);
    const manifest = await readFile(objectFile(manifestHash), 'utf8');
    await writeFile(objectFile(manifestHash), manifest.replace('as expected', 'as hoped'));
    const altered = await run(change);
    expect(altered.answer).toMatchObject({
      manifest: null,
      problems: [expect.stringMatching(/^manifest .* was altered/)],
    });
    const ledger = path.join(folder, ledgerNames(place).entry(1));
    await writeFile(
      ledger,
      (await readFile(ledger, 'utf8')).replace('release-owner@example.com', 'nobody@example.com'),
    );
    const { code, answer } = await run(change);
    expect(code).toBe(1);
    expect(answer.problems[0]).toMatch(/^ledger: entry 1 .*was altered/);
  });

  it('whose manifest is about another change says so: nobody can lend a release evidence', async () => {
    const store = createFileEvidence(folder);
    const manifest = JSON.parse(await readFile(objectFile(manifestHash), 'utf8'));
    const lent = await store.keep(canonicalJson({ ...manifest, change: 'c9876543210' }));
    const { head } = await store.summarizeLedger(place);
    const draft = ledgerEntry(commits.bad, { change: 'cbbbbbbbbbb', at, evidence: [lent] });
    await store.appendLedger(place, head, [{ at, number: 1, draft: draftOf(draft) }]);
    const { answer } = await run('cbbbbbbbbbb');
    expect(answer.problems).toEqual(
      expect.arrayContaining([expect.stringContaining('change is c9876543210 in one and cbbbbbbbbbb in the other')]),
    );
  });

  it('is a page in one file, in which no text from outside is markup', async () => {
    const html = path.join(folder, 'evidence.html');
    const markdown = path.join(folder, 'evidence.md');
    await run(change, { html, markdown });
    const page = await readFile(html, 'utf8');
    expect(page).toContain(`content="default-src 'none'; style-src 'unsafe-inline'"`);
    expect(page).not.toMatch(/<(script|link|img|iframe|object)|url\(|@import|undefined|NaN/i);
    expect(page).toContain('every hash is right: 3 files, the manifest and the ledger');
    expect(page).toContain('{&quot;secrets&quot;:{&quot;status&quot;:&quot;ready&quot;}}');
    const text = await readFile(markdown, 'utf8');
    expect(text).toContain(`build/manifest.json (SHA-256 ${'f'.repeat(64)})`);
    expect(text).toContain('| /secrets/status | "ready" | "ready" | holds |');
    expect(text).toContain('````\n## Evidence\n\n```\nends a fence\n```\n````');
    expect(text).toContain(hashes['stderr/lines']);
  });
});
