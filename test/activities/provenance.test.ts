import { createHash } from 'node:crypto';
import { beforeAll, describe, expect, it } from 'vitest';
import { requireProvenance, type AttestedBuild } from '../../activities/provenance/index.ts';
import { provenance as provenanceSchema } from '../../contract/catalog/provenance.ts';
import {
  attestable,
  builder,
  issuer,
  keyBundle,
  keyPair,
  openSigstore,
  signedByKey,
  slsa02,
  slsa1,
  workflowIdentity,
  type Envelope,
} from '../attestations.ts';
import { artifactOf, commits } from '../workflows/world.ts';

const repository = { url: 'https://git.example/service.git', branch: 'main' };
const artifact = attestable(artifactOf(commits.good));
const claim = { digest: artifact.digest, commit: commits.good, repository: repository.url };
const ours = keyPair();
const theirs = keyPair();
const keyAttestor = { key: ours.key, builder };

interface Given {
  bundles: unknown[];
  attestors?: object[];
  /** Files of the catalog. */
  files?: Record<string, string>;
  artifact?: typeof artifact;
  more?: object;
}

/** Judges what is stored for an artifact; whatever does not count is refused at once. */
function judged({ bundles, attestors = [keyAttestor], files = {}, artifact: about = artifact, more }: Given) {
  const attestations = { find: async () => bundles.map((bundle) => ({ place: 'tag x.att', bundle })) };
  const catalog = { file: async (name: string) => files[name] ?? null };
  const entry = provenanceSchema.parse({ attestors, arrivesWithinSeconds: 0, ...more });
  return requireProvenance({ attestations, catalog: catalog as never }, { repository }, entry, about);
}

async function expectRefusal(given: Given, why: string): Promise<void> {
  await expect(judged(given)).rejects.toMatchObject({
    type: 'GateFailed',
    nonRetryable: true,
    message: expect.stringContaining(why),
  });
}

const byKey = (statement: object, privateKey = ours.privateKey) => keyBundle(signedByKey(statement, privateKey));

/** Replaces the payload of an envelope and keeps its signature. */
function tampered(envelope: Envelope, statement: object): object {
  return keyBundle({ ...envelope, payload: Buffer.from(JSON.stringify(statement)).toString('base64') });
}

describe('a provenance signed by a pinned key', () => {
  it.each([
    ['SLSA 1.0', slsa1(claim)],
    ['SLSA 0.2', slsa02(claim)],
    ['a repository in another form', slsa1({ ...claim, repository: 'https://git.example/service' })],
  ])('counts: %s', async (_what, statement) => {
    expect(await judged({ bundles: [byKey(statement)] })).toMatchObject({
      by: expect.stringMatching(/^key SHA256:[0-9a-f]{16}$/),
      builder,
      commit: commits.good,
    } satisfies Partial<Record<keyof AttestedBuild, unknown>>);
  });

  it('counts among others that do not', async () => {
    const bundles = [null, byKey(slsa1(claim), theirs.privateKey), byKey(slsa1(claim))];
    expect(await judged({ bundles })).toMatchObject({ build: 'https://builder.example/runs/7' });
  });

  it('counts by any of several attestors', async () => {
    const attestors = [{ key: theirs.key, builder }, { ...keyAttestor, builder: 'another' }, keyAttestor];
    expect(await judged({ bundles: [byKey(slsa1(claim))], attestors })).toMatchObject({ builder });
  });

  it('tells the commit of an image of which nobody knew it', async () => {
    const unknown = { ...artifact, commit: '' };
    expect(await judged({ bundles: [byKey(slsa1(claim))], artifact: unknown })).toMatchObject({ commit: commits.good });
  });

  const severalCommits = slsa1(claim);
  severalCommits.predicate.buildDefinition.resolvedDependencies.push({
    uri: `git+${repository.url}`,
    digest: { gitCommit: commits.bad },
  });
  it.each<[string, unknown[], string]>([
    ['is missing', [], 'nothing attests it'],
    ['is by another key', [byKey(slsa1(claim), theirs.privateKey)], 'does not verify'],
    ['is about another digest', [byKey(slsa1({ ...claim, digest: 'sha256:1' }))], 'is about another digest'],
    ['is about another commit', [byKey(slsa1({ ...claim, commit: commits.bad }))], `is about commit ${commits.bad}`],
    [
      'is about another repository',
      [byKey(slsa1({ ...claim, repository: 'https://git.example/fork.git' }))],
      'names no commit of https://git.example/service.git, but git+https://git.example/fork.git',
    ],
    ['names two commits', [byKey(severalCommits)], 'names several commits'],
    ['is by another builder', [byKey(slsa1({ ...claim, builder: `${builder}-evil` }))], 'names another builder'],
    [
      'was tampered with',
      [tampered(signedByKey(slsa1({ ...claim, digest: 'sha256:1' }), ours.privateKey), slsa1(claim))],
      'does not verify',
    ],
    [
      'is of another kind',
      [byKey({ ...slsa1(claim), predicateType: 'https://cyclonedx.org/bom' })],
      'is no provenance of a build',
    ],
    ['is no statement', [byKey({ hello: 'world' })], 'has a statement that cannot be read'],
    [
      'is a signature of something else',
      [keyBundle({ ...signedByKey(slsa1(claim), ours.privateKey), payloadType: 'text/plain' })],
      'is no statement of in-toto',
    ],
    ['is no bundle', [{ hello: 'world' }], 'cannot be read'],
    [
      'has no signature',
      [keyBundle({ ...signedByKey(slsa1(claim), ours.privateKey), signatures: [] })],
      'cannot be read',
    ],
  ])('does not count when it %s', async (_what, bundles, why) => {
    await expectRefusal({ bundles }, why);
  });

  it('is waited for while it may still arrive', async () => {
    await expect(judged({ bundles: [], more: { arrivesWithinSeconds: 60 } })).rejects.toMatchObject({
      type: 'Unavailable',
      nonRetryable: false,
    });
  });
});

describe('a provenance signed by an identity', () => {
  let sigstore: Awaited<ReturnType<typeof openSigstore>>;
  let attestor: object;
  const files: Record<string, string> = {};
  const pinned = (text: string) => ({ file: 'root.json', sha256: createHash('sha256').update(text).digest('hex') });

  beforeAll(async () => {
    sigstore = await openSigstore();
    files['root.json'] = sigstore.trustedRoot;
    attestor = { identity: workflowIdentity, issuer, builder, trustedRoot: pinned(sigstore.trustedRoot) };
  });

  it('counts, and names who signed', async () => {
    const { bundle } = await sigstore.sign(slsa1(claim), { certified: claim });
    expect(await judged({ bundles: [bundle], attestors: [attestor], files })).toMatchObject({
      by: `${workflowIdentity} (${issuer})`,
      commit: commits.good,
    });
  });

  it.each<[string, Parameters<typeof sigstore.sign>[1], string]>([
    ['another workflow', { identity: workflowIdentity.replace('build.yml', 'other.yml') }, 'whom no attestor names'],
    ['a branch whose name begins so', { identity: `${workflowIdentity}-evil` }, 'whom no attestor names'],
    [
      'an identity that only matches as a pattern',
      { identity: workflowIdentity.replace('.', 'x') },
      'whom no attestor',
    ],
    ['somebody for whom another issuer vouches', { issuer: 'https://issuer.example' }, 'https://issuer.example'],
    [
      'a run at another commit of the repository',
      { certified: { repository: repository.url, commit: commits.bad } },
      `but its certificate ${commits.bad}`,
    ],
  ])('does not count by %s', async (_who, signing, why) => {
    const { bundle } = await sigstore.sign(slsa1(claim), signing);
    await expectRefusal({ bundles: [bundle], attestors: [attestor], files }, why);
  });

  it('does not count by another authority, though it vouches for the same identity', async () => {
    const { bundle } = await (await openSigstore()).sign(slsa1(claim));
    await expectRefusal({ bundles: [bundle], attestors: [attestor], files }, 'does not verify');
  });

  it('does not count when the certificate had expired before the log knew of it', async () => {
    const late = await openSigstore({ certificateClock: new Date(Date.now() - 3_600_000) });
    const { bundle } = await late.sign(slsa1(claim));
    const own = { ...attestor, trustedRoot: pinned(late.trustedRoot) };
    await expectRefusal(
      { bundles: [bundle], attestors: [own], files: { 'root.json': late.trustedRoot } },
      'does not verify',
    );
  });

  it('counts by the time of an authority alone, where the root names no log', async () => {
    const { trustedRoot, sign } = await openSigstore({ hasNoLogs: true });
    const { timed } = await sign(slsa1(claim));
    const own = { ...attestor, trustedRoot: pinned(trustedRoot) };
    const given = { bundles: [timed], attestors: [own], files: { 'root.json': trustedRoot } };
    expect(await judged(given)).toMatchObject({ commit: commits.good });
    const { verificationMaterial } = timed as { verificationMaterial: object };
    const timeless = { ...timed, verificationMaterial: { ...verificationMaterial, timestampVerificationData: {} } };
    await expectRefusal({ ...given, bundles: [timeless] }, 'expected 1 timestamps');
  });

  it('does not count by the time of an authority alone, where the root names a log', async () => {
    const { timed } = await sigstore.sign(slsa1(claim));
    await expectRefusal({ bundles: [timed], attestors: [attestor], files }, 'expected 1 tlog entries');
  });

  it('does not count without an entry of the log', async () => {
    const { bundle } = (await sigstore.sign(slsa1(claim))) as { bundle: { verificationMaterial: object } };
    const unlogged = { ...bundle, verificationMaterial: { ...bundle.verificationMaterial, tlogEntries: [] } };
    await expectRefusal({ bundles: [unlogged], attestors: [attestor], files }, 'does not verify');
  });

  it('does not count when it was tampered with', async () => {
    const { bundle } = (await sigstore.sign(slsa1({ ...claim, digest: 'sha256:1' }))) as {
      bundle: { dsseEnvelope: object };
    };
    const payload = Buffer.from(JSON.stringify(slsa1(claim))).toString('base64');
    const forged = { ...bundle, dsseEnvelope: { ...bundle.dsseEnvelope, payload } };
    await expectRefusal({ bundles: [forged], attestors: [attestor], files }, 'does not verify');
  });

  it('does not count where only a key is pinned, nor a key where only an identity is', async () => {
    const { bundle } = await sigstore.sign(slsa1(claim));
    await expectRefusal({ bundles: [bundle] }, 'does not verify');
    await expectRefusal({ bundles: [byKey(slsa1(claim))], attestors: [attestor], files }, 'is signed by a key');
  });

  it.each<[string, Record<string, string>, string]>([
    ['is not there', {}, 'the catalog has no file root.json'],
    ['is another one than was pinned', { 'root.json': '{}' }, 'and not the one that the catalog pins'],
  ])('is judged by nobody where the trusted root %s', async (_what, other, why) => {
    const { bundle } = await sigstore.sign(slsa1(claim));
    await expect(judged({ bundles: [bundle], attestors: [attestor], files: other })).rejects.toMatchObject({
      type: 'Denied',
      message: expect.stringContaining(why),
    });
  });
});
