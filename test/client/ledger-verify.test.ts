import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createFileEvidence } from '../../activities/files/evidence.ts';
import { ledgerNames } from '../../activities/ledger/names.ts';
import { createOutput } from '../../client/cli/output.ts';
import { openSerializer } from '../../client/cli/serializer.ts';
import { openSession } from '../../client/cli/session.ts';
import { verify } from '../../client/commands/ledger/verify.ts';
import { draftOf, ledgerEntry } from '../activities/ledger.ts';
import { commits } from '../workflows/world.ts';

const at = '2026-01-02T03:04:05.000Z';
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(path.join(tmpdir(), 'slipway-ledger-'));
  for (const environment of ['production', 'staging']) {
    const place = { service: 'agento', environment };
    const entries = [1, 2, 3].map((number) => ({ at, number, draft: draftOf(ledgerEntry(commits.good)) }));
    await createFileEvidence(folder).appendLedger(place, { position: 0, hash: '' }, entries);
  }
});
afterEach(() => rm(folder, { recursive: true }));

/** Runs the command as a person does, with `--json`. */
async function run(service?: string, options: object = {}): Promise<{ code: number; answer: any }> {
  let text = '';
  const stdout = { write: (chunk: string) => (text += chunk) } as unknown as NodeJS.WritableStream;
  const environment = { SLIPWAY_EVIDENCE: folder };
  const output = createOutput(await openSerializer({ json: true }), { stdout, stderr: stdout, environment });
  const session = openSession({ output, interrupted: new AbortController().signal, environment });
  const code = await verify.run(session, options, ...(service === undefined ? [] : [service]));
  return { code, answer: JSON.parse(text) };
}

it('says that every ledger is whole', async () => {
  const { code, answer } = await run();
  expect(code).toBe(0);
  expect(answer).toEqual({
    store: folder,
    ledgers: ['production', 'staging'].map((environment) => ({
      ...{ service: 'agento', environment, entries: 3, problems: [], accepted: [] },
    })),
  });
});

it('says which entry is missing, and in which ledger', async () => {
  await rm(path.join(folder, ledgerNames({ service: 'agento', environment: 'staging' }).entry(2)));
  const { code, answer } = await run('agento');
  expect(code).toBe(1);
  expect(answer.ledgers[0].problems).toEqual([]);
  expect(answer.ledgers[1]).toMatchObject({ entries: 2, problems: ['entry 2 is missing'] });
  expect((await run('agento', { environment: 'production' })).code).toBe(0);
});

it('does not call a ledger whole that is not there', async () => {
  await expect(run('unknown')).rejects.toMatchObject({ code: 'NotFound', message: expect.stringContaining(folder) });
});
