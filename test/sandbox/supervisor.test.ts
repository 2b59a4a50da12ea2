import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { SupervisedChild } from '../../sandbox/supervisor/child.ts';
import type { ChildSpec } from '../../sandbox/supervisor/child.ts';
import { Children } from '../../sandbox/supervisor/leftovers.ts';
import { portNames, rememberedPorts } from '../../sandbox/supervisor/ports.ts';

let folder: string;
let children: Children;
const lines: string[] = [];
const say = (line: string): void => void lines.push(line);

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'slipway-supervisor-'));
  children = new Children(join(folder, 'processes.json'));
  lines.length = 0;
});
afterEach(() => rm(folder, { recursive: true, force: true }));

const spec = (script: string, answers: () => Promise<boolean> = () => Promise.resolve(true)): ChildSpec => ({
  name: 'part',
  command: process.execPath,
  args: ['-e', script],
  stopSignal: 'SIGTERM',
  log: join(folder, 'part.log'),
  answers,
});
const child = (of: ChildSpec): SupervisedChild =>
  new SupervisedChild(of, { children, say, onServing: () => Promise.resolve() });

describe('a supervised child', () => {
  it('that ends before it serves fails the start with the end of its own log', async () => {
    await writeFile(join(folder, 'part.log'), 'of an earlier start\n');
    const start = child(
      spec("console.error('the port is taken'); process.exit(3)", () => Promise.resolve(false)),
    ).start();
    const failure = await start.catch((error: unknown) => String(error));
    expect(failure).toMatch(/part ended with 3[\s\S]*the port is taken/);
    expect(failure).not.toMatch(/earlier/);
  });

  it('is started again when it ends, and not after it was stopped', async () => {
    const part = child(spec('setInterval(() => {}, 1000)'));
    await part.start();
    const first = part.pid;
    process.kill(first ?? 0, 'SIGKILL');
    await vi.waitUntil(() => part.pid !== first, { timeout: 10_000 });
    await part.stop();
    expect(JSON.parse(await readFile(join(folder, 'processes.json'), 'utf8'))).toEqual([]);
    expect(lines.filter((line) => line.includes('starting it again'))).toHaveLength(1);
  });

  it('left by a killed supervisor is stopped, and another process with its pid is not', async () => {
    const part = child(spec('setInterval(() => {}, 1000)'));
    await part.start();
    const recorded = JSON.parse(await readFile(join(folder, 'processes.json'), 'utf8')) as object[];
    const stranger = { ...recorded[0], pid: process.pid, started: 'another time', name: 'stranger' };
    await writeFile(join(folder, 'processes.json'), JSON.stringify([...recorded, stranger]));
    const stopping = part.stop();
    await new Children(join(folder, 'processes.json')).stopLeftovers(say);
    await stopping;
    expect(lines.filter((line) => line.includes('stranger'))).toEqual([]);
  });
});

describe('ports', () => {
  it('are the same at the next start, but for one that somebody took', async () => {
    const file = join(folder, 'ports.json');
    const first = await rememberedPorts({ file, names: portNames, say });
    expect(new Set(Object.values(first)).size).toBe(Object.keys(first).length);
    expect(await rememberedPorts({ file, names: portNames, say })).toEqual(first);
    const server = createServer();
    await new Promise<void>((resolve) => server.listen(first.postgres, '127.0.0.1', resolve));
    const second = await rememberedPorts({ file, names: portNames, say });
    await new Promise((resolve) => server.close(resolve));
    expect(second.postgres).not.toBe(first.postgres);
    expect({ ...second, postgres: 0 }).toEqual({ ...first, postgres: 0 });
    expect(lines.join()).toContain(String(first.postgres));
  });
});
