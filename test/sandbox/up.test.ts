import { mkdtemp, readFile, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import pg from 'pg';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { Client, Connection } from '@temporalio/client';
import { searchAttributeNames } from '../../contract/search-attributes.ts';
import { readSandbox } from '../../sandbox/description.ts';
import type { SandboxDescription } from '../../sandbox/description.ts';
import { identify, isAlive, signal } from '../../sandbox/process-identity.ts';
import type { ProcessIdentity } from '../../sandbox/process-identity.ts';
import { down, status, up } from '../../sandbox/up.ts';
import type { RunningSandbox } from '../../sandbox/up.ts';

const waiting = { timeout: 40_000, interval: 100 };

const temporalOf = async <Result>(
  { temporal }: SandboxDescription,
  ask: (client: Client) => Promise<Result>,
): Promise<Result> => {
  const connection = await Connection.connect({ address: temporal?.address });
  try {
    return await ask(new Client({ connection }));
  } finally {
    await connection.close();
  }
};

const rows = async ({ postgres }: SandboxDescription, sql: string): Promise<unknown[]> => {
  const client = new pg.Client({ connectionString: postgres?.url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
};

const health = async ({ cloud }: SandboxDescription): Promise<number> =>
  (await fetch(new URL('/sandbox/health', cloud?.http))).status;

const pidsOf = ({ temporal, cloud, postgres }: SandboxDescription): number[] =>
  [temporal, cloud, postgres].map((part) => part?.pid ?? Number.NaN);

/** Finds the processes that still run. A zombie does not, nor does another program that got the pid meanwhile. */
const alive = async (identities: ProcessIdentity[]): Promise<ProcessIdentity[]> => {
  const lives = await Promise.all(identities.map(isAlive));
  return identities.filter((_identity, index) => lives[index]);
};

const identitiesOf = async (pids: number[]): Promise<ProcessIdentity[]> =>
  (await Promise.all(pids.map(identify))).filter((identity) => identity !== undefined);

describe('a sandbox', () => {
  let dir: string;
  let running: RunningSandbox;
  const lines: string[] = [];
  const say = (line: string): void => void lines.push(line);

  beforeAll(async () => {
    dir = await mkdtemp(join(tmpdir(), 'slipway-up-'));
    running = await up({ dir, empty: true, say });
  });
  afterAll(async () => {
    await down({ dir });
    const elsewhere = JSON.parse(await readFile(join(dir, 'postgres.json'), 'utf8').catch(() => '{}')) as {
      folder?: string;
    };
    for (const folder of [dir, elsewhere.folder]) if (folder) await rm(folder, { recursive: true, force: true });
  });

  it('answers at every address of its description', async () => {
    const description = await readSandbox(dir);
    if (!description) throw new Error('there is no description');
    expect(description).toEqual(running.description);
    expect(description.cloud?.callLog).toBe(join(dir, 'cloud', 'calls.jsonl'));
    expect(await health(description)).toBe(200);
    expect(await rows(description, 'SELECT 1 AS one')).toEqual([{ one: 1 }]);
    expect((await fetch(description.temporal?.ui ?? '')).status).toBe(200);
    const known = await temporalOf(description, (client) =>
      client.connection.operatorService.listSearchAttributes({ namespace: 'default' }),
    );
    expect(Object.keys(known.customAttributes ?? {})).toEqual(expect.arrayContaining([...searchAttributeNames]));
    expect((await status({ dir }))?.parts).toMatchObject([
      { part: 'temporal', alive: true, answers: true },
      { part: 'cloud', alive: true, answers: true },
      { part: 'postgres', alive: true },
    ]);
  });

  it('says what it does while it comes up', () => {
    for (const part of ['Temporal', 'PostgreSQL', 'cloud emulator']) {
      expect(lines.find((line) => line.startsWith(`${part} is up at 127.0.0.1:`))).toMatch(/\(\d+\.\d s\)$/);
    }
  });

  it('is found, not started again, by a second up', async () => {
    const second = await up({ dir, empty: true });
    expect(second).toMatchObject({ started: false, description: running.description });
    await second.stop();
    expect(await readSandbox(dir)).toBeDefined();
  });

  it('has its killed parts again at the same addresses, with what they had acknowledged', async () => {
    const before = running.description;
    await temporalOf(before, (client) =>
      client.workflow.start('sleeper', { taskQueue: 'nobody', workflowId: 'acknowledged' }),
    );
    await rows(before, 'CREATE TABLE acknowledged (id int)');
    for (const pid of pidsOf(before)) signal(pid, 'SIGKILL');
    await vi.waitUntil(
      async () => (await status({ dir }))?.parts.every(({ pid, alive }) => alive && !pidsOf(before).includes(pid)),
      waiting,
    );
    const after = await readSandbox(dir);
    if (!after) throw new Error('the sandbox is gone');
    expect(after.temporal?.address).toBe(before.temporal?.address);
    const run = await temporalOf(after, (client) => client.workflow.getHandle('acknowledged').describe());
    expect(run.status.name).toBe('RUNNING');
    expect(await rows(after, 'SELECT * FROM acknowledged')).toEqual([]);
    expect(await health(after)).toBe(200);
    expect(lines.filter((line) => line.includes('ended with SIGKILL'))).toHaveLength(3);
  });

  it('that was killed counts as none; the next up stops what it left, and has the same addresses', async () => {
    const before = await readSandbox(dir);
    if (!before) throw new Error('the sandbox is gone');
    signal(before.supervisor.pid, 'SIGKILL');
    await vi.waitUntil(async () => !(await isAlive(before.supervisor)), waiting);
    expect(await readSandbox(dir)).toBeUndefined();
    const left = await identitiesOf(pidsOf(before));
    expect(left).not.toEqual([]);
    running = await up({ dir, empty: true, detach: true });
    expect(await alive(left)).toEqual([]);
    expect(running.description.temporal?.address).toBe(before.temporal?.address);
    expect(running.description.postgres?.url).toBe(before.postgres?.url);
  });

  it('leaves nothing running and no description when it goes down', async () => {
    const before = running.description;
    const ran = await identitiesOf([...pidsOf(before), before.supervisor.pid]);
    expect(await down({ dir })).toBe(true);
    expect(await alive(ran)).toEqual([]);
    await expect(stat(join(dir, 'sandbox.json'))).rejects.toThrow('ENOENT');
    expect(await down({ dir })).toBe(false);
  });

  it('refuses parts that it does not have', async () => {
    await expect(up({ dir, with: ['mainframe'] })).rejects.toThrow(/mainframe/);
  });
});
