import { mkdtemp, readFile, rm, writeFile, mkdir } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { Storage } from '@google-cloud/storage';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createFileTexts } from '../../activities/files/texts.ts';
import { createBucketTexts } from '../../activities/google/storage.ts';
import { withFormerStore } from '../../activities/ledger/former-store.ts';
import { createLedgers, listLedgers } from '../../activities/ledger/index.ts';
import { ledgerNames } from '../../activities/ledger/names.ts';
import { verifyLedger } from '../../activities/ledger/verify.ts';
import type { Ledgers, TextStore } from '../../activities/ports/ledger.ts';
import { createEnvironmentActivities } from '../../activities/environments.ts';
import { chained } from '../../activities/ledger-chain.ts';
import type { LedgerEntry } from '../../contract/ledger.ts';
import type { CloudProcess } from '../emulator/cloud.ts';
import { withCloud } from '../emulator/stage.ts';
import { commits, digestOfCommit, World } from '../workflows/world.ts';
import { draftOf, ledgerEntry } from './ledger.ts';

const place = { service: 'agento', environment: 'production' };
const noEntry = { position: 0, hash: '' };
let folder: string;
let cloud: CloudProcess;
let buckets = 0;

withCloud(async (started) => {
  cloud = started;
});
beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'slipway-ledger-'));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

async function newBucket(): Promise<TextStore> {
  const endpoint = { http: `http://127.0.0.1:${cloud.httpPort}` };
  const storage = new Storage({ apiEndpoint: endpoint.http, projectId: cloud.project });
  const name = `audit-${(buckets += 1)}`;
  await storage.createBucket(name, { location: cloud.region });
  return createBucketTexts(`gs://${name}/slipway`, endpoint);
}
const stores: [string, () => Promise<TextStore>][] = [
  ['a folder', async () => createFileTexts(folder)],
  ['a bucket', newBucket],
];

const unwritten = (number: number, changes: object = {}) => ({
  at: new Date(number * 1000).toISOString(),
  number,
  draft: draftOf(ledgerEntry(commits.good, { change: `change-${number}`, ...changes })),
});
const many = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, index) => unwritten(from + index));

/** A ledger of an earlier version: one in four fails and puts its artifact on hold; each is approved by two. */
function longLedger(length: number): LedgerEntry[] {
  const approval = {
    by: 'release-owner@example.com',
    role: 'release-owner',
    at: '',
    plan: 'a'.repeat(64),
    gate: 'plan',
  };
  const entries: LedgerEntry[] = [];
  for (let number = 1; number <= length; number += 1) {
    const digest = `sha256:${String(number).padStart(64, '0')}`;
    const isBad = number % 4 === 0;
    const { at, draft } = unwritten(number, {
      digest,
      plan: 'b'.repeat(64),
      verified: !isBad,
      serves: isBad ? 'unchanged' : { revision: `agento-${number}`, digest, commit: commits.good },
      hold: isBad ? { digest, commit: commits.bad, reason: 'smoke failed '.repeat(40) } : null,
      approvals: [approval, approval].map((one) => ({ ...one, signature: 's'.repeat(400) })),
    });
    entries.push(chained({ ...draft, at, number, previous: entries.at(-1)?.hash ?? '' }));
  }
  return entries;
}

async function writeFirstPart(entries: readonly LedgerEntry[]): Promise<void> {
  const file = path.join(folder, ledgerNames(place).firstPart);
  await mkdir(path.dirname(file), { recursive: true });
  await writeFile(file, entries.map((entry) => `${JSON.stringify(entry)}\n`).join(''));
}

describe.each(stores)('a ledger in %s', (_name, openStore) => {
  let store: TextStore;
  let ledgers: Ledgers;
  beforeEach(async () => {
    store = await openStore();
    ledgers = createLedgers(store);
  });

  it('has one text for each entry; a repeat finds its own, also after a part of them', async () => {
    const first = await ledgers.appendLedger(place, noEntry, many(1, 2));
    expect(await ledgers.appendLedger(place, noEntry, many(1, 3))).toMatchObject({ found: [], head: { position: 3 } });
    expect(await ledgers.appendLedger(place, noEntry, many(1, 2))).toEqual(first);
    expect(await ledgers.readLedger(place)).toHaveLength(3);
    expect(await verifyLedger(store, place)).toMatchObject({ entries: 3, problems: [] });
    expect(await listLedgers(store)).toEqual([place]);
  });

  it('is one chain where two workers write at one time: the later one is told what stands there', async () => {
    const answers = await Promise.all([
      ledgers.appendLedger(place, noEntry, [unwritten(1)]),
      createLedgers(store).appendLedger(place, noEntry, [unwritten(2)]),
    ]);
    const loser = answers.find(({ written }) => written.length === 0);
    const winner = answers.find(({ written }) => written.length === 1);
    expect(loser?.found).toEqual(winner?.written);
    await ledgers.appendLedger(place, loser?.head ?? noEntry, [unwritten(3)]);
    expect(await verifyLedger(store, place)).toMatchObject({ entries: 2, problems: [] });
  });

  it('is summed up by a checkpoint and the entries after it', async () => {
    let head = noEntry;
    for (const [from, to] of [
      [1, 40],
      [41, 80],
      [81, 112],
    ] as const)
      ({ head } = await ledgers.appendLedger(place, head, many(from, to)));
    expect((await store.list(ledgerNames(place).checkpoints)).length).toBeGreaterThan(0);
    const reads: string[] = [];
    const counting = { ...store, name: store.name, create: store.create.bind(store), list: store.list.bind(store) };
    const summary = await createLedgers({
      ...counting,
      read: (name: string) => {
        reads.push(name);
        return store.read(name);
      },
    }).summarizeLedger(place);
    expect(summary).toMatchObject({ head: { position: 112 }, memory: { number: 112 }, problems: [] });
    expect(reads.length).toBeLessThan(60);
    expect(await verifyLedger(store, place)).toMatchObject({ entries: 112, problems: [] });
  });
});

describe('two workers with folders of their own', () => {
  it('and one bucket have one chain', async () => {
    const bucket = await newBucket();
    const [one, two] = ['one', 'two'].map((name) =>
      createLedgers(withFormerStore(bucket, createFileTexts(path.join(folder, name)))),
    ) as [Ledgers, Ledgers];
    const { head } = await one.appendLedger(place, noEntry, [unwritten(1)]);
    const after = await two.appendLedger(place, head, [unwritten(2)]);
    await one.appendLedger(place, after.head, [unwritten(3)]);
    expect(await verifyLedger(bucket, place)).toMatchObject({ entries: 3, problems: [] });
  });

  it('and no bucket are told on the first day: nothing is split', async () => {
    const [one, two] = ['one', 'two'].map((name) => createLedgers(createFileTexts(path.join(folder, name)))) as [
      Ledgers,
      Ledgers,
    ];
    const { head } = await one.appendLedger(place, noEntry, [unwritten(1)]);
    await expect(two.appendLedger(place, head, [unwritten(2)])).rejects.toThrow(
      'does not have the last entry of this ledger, entry 1',
    );
    expect(await two.readLedger(place)).toEqual([]);
    await one.appendLedger(place, head, [unwritten(2)]);
    expect(await one.readLedger(place)).toHaveLength(2);
  });
});

describe('the ledger of an earlier version', () => {
  it('is the first part of this one, and is copied into a bucket', async () => {
    await writeFirstPart(longLedger(3));
    const bucket = await newBucket();
    for (const store of [createFileTexts(folder), withFormerStore(bucket, createFileTexts(folder))]) {
      const ledgers = createLedgers(store);
      const hash = (await ledgers.readLedger(place)).at(-1)?.hash ?? '';
      // An environment of an earlier version does not know the place of its last entry.
      const { head } = await ledgers.appendLedger(place, { position: null, hash }, [unwritten(4)]);
      expect(head.position).toBe(4);
      expect(await verifyLedger(store, place)).toMatchObject({ entries: 4, problems: [] });
    }
    await rm(path.join(folder, 'ledger'), { recursive: true });
    expect(await createLedgers(bucket).readLedger(place)).toHaveLength(4);
  });
});

describe('an environment with 10,000 entries', () => {
  /** Opens it as its workflow does, and counts the texts that are read. */
  const open = async (store: TextStore) => {
    let reads = 0;
    const counted: TextStore = {
      ...store,
      read: async (name) => {
        reads += 1;
        return store.read(name);
      },
    };
    const world = new World();
    const ports = world.ports({} as never, {} as never);
    const resolve = async () => world.entry;
    const activities = createEnvironmentActivities({
      ...ports,
      catalog: { ...ports.catalog, resolve },
      evidence: { ...ports.evidence, ...createLedgers(counted) },
    });
    const opened = await activities.loadEnvironment({ ...place, goesOnUnread: true });
    return { opened, reads, bytes: Buffer.byteLength(JSON.stringify(opened)) };
  };

  it('opens as fast as a short one once it has a checkpoint, with less than 64 KB', async () => {
    await writeFirstPart(longLedger(10_000));
    const store = createFileTexts(folder);
    const first = await open(store);
    let { head } = await createLedgers(store).summarizeLedger(place);
    for (let from = 10_001; from <= 10_120; from += 20)
      ({ head } = await createLedgers(store).appendLedger(place, head, many(from, from + 19)));
    const again = await open(store);
    const inBucket = await open(withFormerStore(await newBucket(), store));
    // What is read then does not grow with the ledger: the checkpoint, and the entries behind it.
    expect(again.reads).toBeLessThan(120);
    for (const { opened, bytes } of [first, again, inBucket]) {
      expect(opened.unread).toBeNull();
      expect(opened.problems).toEqual([]);
      expect(bytes).toBeLessThan(64 * 1024);
    }
    expect(again.opened.highestNumber).toBe(10_120);
    expect(first.opened.memory?.holds.at(-1)?.digest).toBe(`sha256:${'10000'.padStart(64, '0')}`);
  }, 60_000);
});

describe('a ledger that is not whole', () => {
  it.each<[string, (file: (position: number) => string) => Promise<unknown>, string]>([
    ['an entry is missing', (file) => rm(file(3)), 'entry 3 is missing'],
    [
      'the last entries are missing',
      async (file) => Promise.all([59, 60].map((one) => rm(file(one)))),
      'entries 59 to 60 are missing',
    ],
    [
      'an entry was altered',
      async (file) => writeFile(file(2), (await readFile(file(2), 'utf8')).replace('released', 'rejected')),
      'was altered: its hash does not match its content',
    ],
    ['an entry cannot be read', (file) => writeFile(file(4), '{'), 'entry 4 cannot be read'],
    [
      'a checkpoint was altered',
      async () => {
        const store = createFileTexts(folder);
        const { checkpoints } = ledgerNames(place);
        const [name = ''] = await store.list(checkpoints);
        const file = path.join(folder, checkpoints, name);
        await writeFile(
          file,
          (await readFile(file, 'utf8')).replace(digestOfCommit(commits.good), digestOfCommit(commits.bad)),
        );
      },
      'was altered',
    ],
  ])('says so where %s', async (_name, spoil, problem) => {
    const store = createFileTexts(folder);
    let head = noEntry;
    for (const from of [1, 21, 41])
      ({ head } = await createLedgers(store).appendLedger(place, head, many(from, from + 19)));
    // As an environment that opens writes one.
    await createLedgers(store).summarizeLedger(place);
    expect((await verifyLedger(store, place)).problems).toEqual([]);
    await spoil((position) => path.join(folder, ledgerNames(place).entry(position)));
    expect((await verifyLedger(store, place)).problems.join('\n')).toContain(problem);
  });
});
