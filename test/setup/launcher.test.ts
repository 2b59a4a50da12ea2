import { execFile, spawn } from 'node:child_process';
import { once } from 'node:events';
import { chmod, copyFile, mkdir, mkdtemp, readFile, realpath, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';

/** Programs that the launcher uses besides npm and Node. */
const tools = ['sh', 'dirname', 'readlink', 'cat', 'cksum', 'uname', 'mkdir', 'rm', 'ln', 'sleep', 'tail'];

/** Stands in for npm: notes its call, takes a moment, and places Node as the package of this platform would. */
const fakeNpm = (nodeFile: string): string => `#!/bin/sh
echo "$*" >>npm-calls
echo "some output of npm"
[ ! -f npm-fails ] || exit 3
sleep 0.3
mkdir -p node_modules/.bin
ln -sf ${nodeFile} node_modules/.bin/node
`;

const program = `
process.on('SIGTERM', () => process.exit(42));
console.log(JSON.stringify({ args: process.argv.slice(2), version: process.version }));
if (process.argv.includes('wait')) setInterval(() => {}, 1000);
else process.exitCode = 7;
`;

interface Ended {
  code: number | null;
  stdout: string;
  stderr: string;
}

describe('./slipway', () => {
  let folder: string;
  let project: string;
  let bin: string;

  const write = async (file: string, text: string, mode = 0o644): Promise<void> => {
    await writeFile(join(project, file), text);
    await chmod(join(project, file), mode);
  };
  const start = (args: string[], file = join(project, 'slipway')): Promise<Ended> =>
    new Promise((resolve) => {
      const child = execFile(file, args, { env: { PATH: bin, HOME: folder }, cwd: folder }, (_error, stdout, stderr) =>
        resolve({ code: child.exitCode, stdout, stderr }),
      );
    });
  const npmCalls = async (): Promise<string[]> =>
    (await readFile(join(project, 'npm-calls'), 'utf8').catch(() => '')).split('\n').filter(Boolean);

  beforeEach(async () => {
    folder = await realpath(await mkdtemp(join(tmpdir(), 'slipway-launcher-')));
    [project, bin] = [join(folder, 'project with a space'), join(folder, 'bin')];
    await mkdir(join(project, 'client'), { recursive: true });
    await mkdir(bin);
    await copyFile(join(import.meta.dirname, '..', '..', 'slipway'), join(project, 'slipway'));
    await write('package.json', '{"type":"module"}');
    await write('package-lock.json', '{"packages":{"":{}}}');
    await write('client/main.ts', program);
    for (const tool of tools) {
      const found = ['/bin', '/usr/bin'].map((place) => join(place, tool));
      for (const file of found) await symlink(await realpath(file).catch(() => file), join(bin, tool)).catch(() => {});
    }
    await symlink(process.execPath, join(bin, 'node'));
    await writeFile(join(bin, 'npm'), fakeNpm(process.execPath), { mode: 0o755 });
  });
  afterEach(() => rm(folder, { recursive: true, force: true }));

  it('installs at the first start only, and passes arguments and exit code through', async () => {
    const first = await start(['deploy', 'two words', '--json']);
    expect(first).toMatchObject({
      code: 7,
      stdout: `${JSON.stringify({ args: ['deploy', 'two words', '--json'], version: process.version })}\n`,
    });
    expect(first.stderr).toMatch(/installing the dependencies/);
    expect(await start(['status'])).toMatchObject({ code: 7, stderr: '' });
    expect(await npmCalls()).toHaveLength(1);
    expect((await npmCalls())[0]).toMatch(/^ci .*--ignore-scripts /);
  });

  it('takes a Node of the machine where npm has placed none, and says what to do where there is none', async () => {
    await writeFile(join(bin, 'npm'), '#!/bin/sh\nmkdir -p node_modules/.bin\n', { mode: 0o755 });
    expect((await start(['x'])).code).toBe(7);
    await rm(join(project, 'node_modules'), { recursive: true });
    await rm(join(bin, 'node'));
    await writeFile(join(bin, 'node'), '#!/bin/sh\necho v20.1.0\n', { mode: 0o755 });
    const { code, stderr } = await start(['x']);
    expect(code).toBe(69);
    expect(stderr).toMatch(/Node 24 is missing[\s\S]*1\.[\s\S]*2\.[\s\S]*3\./);
  });

  it('installs again when the lock file has changed', async () => {
    await start([]);
    await write('package-lock.json', '{"packages":{"":{},"node_modules/x":{"version":"2.0.0"}}}');
    await start([]);
    expect(await npmCalls()).toHaveLength(2);
  });

  it('leaves alone what was installed by hand as the lock file says', async () => {
    await mkdir(join(project, 'node_modules', '.bin'), { recursive: true });
    await symlink(process.execPath, join(project, 'node_modules', '.bin', 'node'));
    await write(
      'package-lock.json',
      '{"packages":{"":{},"node_modules/x":{"version":"2.0.0"},"node_modules/y":{"version":"1.0.0","optional":true}}}',
    );
    await write('node_modules/.package-lock.json', '{"packages":{"node_modules/x":{"version":"2.0.0"}}}');
    expect((await start([])).code).toBe(7);
    expect(await npmCalls()).toEqual([]);
  });

  it('installs once when two start at once', async () => {
    const both = await Promise.all([start(['a']), start(['b'])]);
    expect(both.map(({ code }) => code)).toEqual([7, 7]);
    expect(await npmCalls()).toHaveLength(1);
  });

  it('takes over the lock of a start that died', async () => {
    await mkdir(join(project, '.slipway', 'setup.lock'), { recursive: true });
    await write('.slipway/setup.lock/pid', '99999999');
    expect((await start([])).code).toBe(7);
  });

  it('finds its project through symbolic links', async () => {
    await symlink(join(project, 'slipway'), join(folder, 'link'));
    await symlink('link', join(folder, 'link-to-link'));
    expect((await start(['x'], join(folder, 'link-to-link'))).stdout).toContain('"x"');
  });

  it('shows what npm said when it fails, and the ways on', async () => {
    await write('npm-fails', '');
    const { code, stdout, stderr } = await start([]);
    expect({ code, stdout }).toEqual({ code: 69, stdout: '' });
    expect(stderr).toMatch(/some output of npm[\s\S]*npm ci failed with 3[\s\S]*1\.[\s\S]*2\.[\s\S]*3\./);
  });

  it.each(['npm', 'node'])('says so when %s is missing, and how to provide it', async (tool) => {
    await rm(join(bin, tool));
    const { code, stderr } = await start(['status']);
    expect(code).toBe(69);
    expect(stderr).toMatch(new RegExp(`${tool} is missing[\\s\\S]*1\\.[\\s\\S]*2\\.[\\s\\S]*3\\.`));
  });

  it('hands signals to the command', async () => {
    await start([]);
    const child = spawn(join(project, 'slipway'), ['wait'], { env: { PATH: bin } });
    await once(child.stdout, 'data');
    child.kill('SIGTERM');
    expect((await once(child, 'exit'))[0]).toBe(42);
  });
});
