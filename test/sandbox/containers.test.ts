import { mkdirSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import type { Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import { describe, expect, it, vi } from 'vitest';
import { commandLine } from '../../sandbox/containers/command-line.ts';
import { endOrphans } from '../../sandbox/containers/orphans.ts';
import type { ProcessRecord } from '../../sandbox/containers/orphans.ts';
import { startContainer } from '../../sandbox/containers/process.ts';
import type { ContainerProcess, ContainerSpec } from '../../sandbox/containers/process.ts';
import { linkStackModules } from '../../sandbox/containers/stack-modules.ts';
import { passesStartupProbe } from '../../sandbox/containers/startup-probe.ts';
import type { StartupProbe } from '../../sandbox/containers/startup-probe.ts';
import { temporaryFolders } from '../emulator/folders.ts';

const folders = temporaryFolders();

/** Makes the folder of an image with a program and a Procfile. */
const imageOf = (program: string): string => {
  const folder = folders.create('container');
  writeFileSync(join(folder, 'Procfile'), 'web: node program.js\nmigrate: node program.js migrate\n');
  writeFileSync(join(folder, 'program.js'), program);
  return folder;
};

const specOf = (folder: string, rest: Partial<ContainerSpec> = {}): ContainerSpec => ({
  folder,
  command: [],
  args: [],
  env: {},
  workingDir: '',
  ...rest,
});

interface Started {
  container: ContainerProcess;
  records: Map<string, ProcessRecord>;
  lines: string[];
}

const start = (spec: ContainerSpec, records = new Map<string, ProcessRecord>()): Started => {
  const lines: string[] = [];
  const store = {
    put: (key: string, record: ProcessRecord) => void records.set(key, record),
    delete: (key: string) => void records.delete(key),
    entries: () => [...records],
  };
  const container = startContainer(spec, store, (stream, line) => void lines.push(`${stream}: ${line}`));
  return { container, records, lines };
};

const untilOutput = ({ lines }: Started): Promise<boolean> => vi.waitUntil(() => lines.length > 0, { timeout: 10_000 });

const printed = async (spec: ContainerSpec): Promise<unknown> => {
  const { container, lines } = start(spec);
  await container.exited;
  return JSON.parse(lines[0]?.replace('stdout: ', '') ?? '');
};

const isAlive = (pid: number): boolean => {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
};

describe('the command line of a container', () => {
  const folder = imageOf('');

  it.each([
    ['the Procfile web process', [], [], ['sh', '-c', 'exec node program.js']],
    ['the web process with args', [], ['a b'], ['sh', '-c', 'exec node program.js "$@"', 'sh', 'a b']],
    ['a process of the Procfile by its name', ['migrate'], [], ['sh', '-c', 'exec node program.js migrate']],
    ['a command of one word that is no process', ['ls'], ['-l'], ['ls', '-l']],
    ['a command of several words', ['web', 'x'], ['y'], ['web', 'x', 'y']],
  ])('is %s', (_, command, args, expected) => {
    expect(commandLine({ command, args }, folder)).toEqual(expected);
  });

  it('runs the folder itself where there is no Procfile', () => {
    expect(commandLine({ command: [], args: [] }, folders.create('bare'))).toEqual(['sh', '-c', 'exec node .']);
  });
});

describe('a container', () => {
  it('sees its own variables and nothing of the program that starts it', async () => {
    vi.stubEnv('SLIPWAY_PRIVATE', 'credential');
    const folder = imageOf('console.log(JSON.stringify(process.env))');
    const env = await printed(specOf(folder, { env: { MARKER: 'mine', HOME: '/elsewhere' } }));
    vi.unstubAllEnvs();
    expect(env).toMatchObject({ MARKER: 'mine', HOME: '/elsewhere' });
    expect(env).not.toHaveProperty('SLIPWAY_PRIVATE');
  });

  it('runs in its image, or in a folder within it', async () => {
    const folder = imageOf('');
    mkdirSync(join(folder, 'inner'));
    const command = ['node', '-p', 'JSON.stringify(process.cwd())'];
    expect(await printed(specOf(folder, { command }))).toBe(folder);
    expect(await printed(specOf(folder, { command, workingDir: 'inner' }))).toBe(join(folder, 'inner'));
  });

  it('whose image has no package.json runs CommonJS, whatever the folders above the sandbox say', async () => {
    const project = folders.create('project');
    writeFileSync(join(project, 'package.json'), '{"type": "module"}');
    const folder = join(project, 'cloud', 'images', '0');
    mkdirSync(folder, { recursive: true });
    linkStackModules(join(project, 'cloud'));
    writeFileSync(join(folder, 'program.js'), "console.log(JSON.stringify(require('node:path').sep))");
    expect(await printed(specOf(folder, { command: ['node', 'program.js'] }))).toBe('/');
  });

  it('gives its output line by line, and all of it before its exit', async () => {
    const program =
      "console.log('one\\ntwo'); console.error('three'); process.stdout.write('four'); process.exitCode = 3";
    const folder = imageOf(program);
    const { container, lines, records } = start(specOf(folder));
    expect(records.size).toBe(1);
    expect(await container.exited).toEqual({ code: 3, signal: null, exceededBytes: null });
    expect(lines.toSorted()).toEqual(['stderr: three', 'stdout: four', 'stdout: one', 'stdout: two']);
    expect(records.size).toBe(0);
  });

  it('that cannot be started ends with 127 and a line that says why', async () => {
    const { container, lines } = start(specOf(imageOf(''), { command: ['no-such-program'] }));
    expect(await container.exited).toEqual({ code: 127, signal: null, exceededBytes: null });
    expect(lines).toEqual([expect.stringMatching(/^stderr: terminated: Application failed to start: .*ENOENT/)]);
  });

  it('may end by itself on SIGTERM, and is killed after the grace time', async () => {
    const command = ['node', 'program.js'];
    const onSigterm = (reaction: string): string =>
      `process.on('SIGTERM', () => {${reaction}}); console.log('up'); setInterval(() => {}, 9)`;
    const polite = start(specOf(imageOf(onSigterm('process.exit(5)')), { command }));
    await untilOutput(polite);
    expect(await polite.container.stop()).toEqual({ code: 5, signal: null, exceededBytes: null });
    const deaf = start(specOf(imageOf(onSigterm('')), { command }));
    await untilOutput(deaf);
    expect(await deaf.container.stop(50)).toEqual({ code: 0, signal: 'SIGKILL', exceededBytes: null });
  });

  // Elsewhere nothing says how much memory a process has.
  it.skipIf(process.platform !== 'linux')(
    'is killed when it holds more than its limit, its children included',
    async () => {
      const greedy = 'globalThis.all = Buffer.alloc(200 * 2 ** 20, 1); setInterval(() => {}, 9)';
      const child = `require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(greedy)}])`;
      const memoryLimitBytes = 150 * 2 ** 20;
      for (const program of [greedy, `${child}; setInterval(() => {}, 9)`]) {
        const { container } = start(specOf(imageOf(program), { memoryLimitBytes }));
        const { signal, exceededBytes } = await container.exited;
        expect(signal).toBe('SIGKILL');
        expect(exceededBytes).toBeGreaterThan(memoryLimitBytes);
      }
      const modest = start(specOf(imageOf('setTimeout(() => {}, 600)'), { memoryLimitBytes }));
      expect(await modest.container.exited).toEqual({ code: 0, signal: null, exceededBytes: null });
    },
  );

  it('takes with it what it has started', async () => {
    const program = "console.log(require('child_process').spawn('sleep', ['60']).pid); setInterval(() => {}, 9)";
    const started = start(specOf(imageOf(program)));
    await untilOutput(started);
    await started.container.stop(50);
    const pid = Number(started.lines[0]?.replace('stdout: ', ''));
    await vi.waitUntil(() => !isAlive(pid), { timeout: 5000 });
  });
});

describe('orphans', () => {
  it('are ended by what starts next; another process with a recorded id is not', async () => {
    const { container, records } = start(specOf(imageOf('setInterval(() => {}, 9)')));
    records.set('stranger', { pid: process.pid, startedAt: 'another time' });
    endOrphans({ put: () => {}, delete: (key) => void records.delete(key), entries: () => [...records] });
    expect(await container.exited).toEqual({ code: 0, signal: 'SIGKILL', exceededBytes: null });
    expect(records.size).toBe(0);
  });
});

describe('a start-up probe', () => {
  const probe: StartupProbe = { allowedMs: 200, timeoutMs: 100 };
  const http = { path: '/ready', headers: [['x-probe', 'yes']] as [string, string][] };
  const never = new AbortController().signal;

  const serve = async (server: Server): Promise<number> => {
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    return (server.address() as AddressInfo).port;
  };

  it('passes once the port is open, and by HTTP once the answer is good', async () => {
    const seen: unknown[] = [];
    const server = createServer((request, response) => {
      seen.push([request.url, request.headers['x-probe']]);
      response.writeHead(seen.length < 3 ? 503 : 204).end();
    });
    const port = await serve(server);
    expect(await passesStartupProbe(probe, port, never)).toBe(true);
    expect(await passesStartupProbe({ ...probe, allowedMs: 5000, http }, port, never)).toBe(true);
    expect(seen).toEqual(Array.from({ length: 3 }, () => ['/ready', 'yes']));
    server.close();
  });

  it('fails when its time is over, and at once when the container has gone', async () => {
    const server = createServer((_, response) => response.writeHead(500).end());
    const port = await serve(server);
    expect(await passesStartupProbe({ ...probe, http }, port, never)).toBe(false);
    expect(await passesStartupProbe({ ...probe, allowedMs: 60_000, http }, port, AbortSignal.abort())).toBe(false);
    server.close();
    server.closeAllConnections();
    expect(await passesStartupProbe(probe, port, never)).toBe(false);
  });
});
