import { execFileSync } from 'node:child_process';
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { CloudBuildClient, protos } from '@google-cloud/cloudbuild';
import { expect } from 'vitest';
import type { CloudProcess } from './cloud.ts';
import { temporaryFolders } from './folders.ts';
import { withCloud } from './stage.ts';

export type IBuild = protos.google.devtools.cloudbuild.v1.IBuild;
type Folders = ReturnType<typeof temporaryFolders>;

export const files = {
  Procfile: 'web: node server.js\n',
  'server.js':
    'const http = require("node:http");\n' +
    'http.createServer((_, answer) => answer.end("ok")).listen(process.env.PORT);\n',
  'apps/web/Procfile': 'web: node main.mjs\n',
  'apps/web/main.mjs': 'import http from "node:http";\nawait 0;\nhttp.createServer().listen(process.env.PORT);\n',
  'apps/web/typed.ts': 'const port: number = 1;\nexport { port };\n',
};

/** Runs git as the author of the tests. */
export function git(cwd: string, ...args: string[]): string {
  const identity = ['-c', 'user.name=Test', '-c', 'user.email=test@example.com', '-c', 'init.defaultBranch=main'];
  return execFileSync('git', [...identity, ...args], {
    cwd,
    encoding: 'utf8',
    stdio: ['ignore', 'pipe', 'ignore'],
  }).trim();
}

/** Writes files, and the folders that they need, below a folder. */
export function writeFiles(folder: string, contents: Record<string, string>): void {
  for (const [path, text] of Object.entries(contents)) {
    mkdirSync(dirname(join(folder, path)), { recursive: true });
    writeFileSync(join(folder, path), text);
  }
}

/** Creates a bare repository with a good commit on main and one that does not parse on the branch broken. */
export function createRepository(folders: Folders, bare: string): Record<'good' | 'broken', string> {
  const work = folders.create('repository');
  git(work, 'init', '--quiet');
  writeFiles(work, files);
  git(work, 'add', '.');
  git(work, 'commit', '--quiet', '-m', 'good');
  const good = git(work, 'rev-parse', 'HEAD');
  git(work, 'tag', 'v1');
  git(work, 'checkout', '--quiet', '-b', 'broken');
  writeFiles(work, { 'server.js': 'const = 1;\n' });
  git(work, 'commit', '--quiet', '-am', 'broken');
  const broken = git(work, 'rev-parse', 'HEAD');
  git(work, 'checkout', '--quiet', 'main');
  git(work, 'clone', '--quiet', '--bare', work, bare);
  git(bare, 'update-server-info');
  return { good, broken };
}

interface Opened {
  cloud: CloudProcess;
  builds: CloudBuildClient;
  commits: Record<'good' | 'broken', string>;
}

/** Opens an emulator with a repository for the tests of a file, and what they do with builds. */
export function buildStage() {
  const folders = temporaryFolders();
  const stage = {} as Opened;
  withCloud((cloud) => {
    stage.cloud = cloud;
    stage.builds = new CloudBuildClient(cloud.clientOptions());
    stage.commits = createRepository(folders, join(cloud.dir, 'repos', 'app.git'));
  });

  const imagePath = (name: string): string =>
    `${stage.cloud.region}-docker.pkg.dev/${stage.cloud.project}/apps/${name}`;
  const repositoryUrl = (): string => `http://127.0.0.1:${stage.cloud.httpPort}/git/app.git`;

  /** Describes a build of a commit with `docker build`, as in the sequence of runbook 000. */
  function dockerBuild(name: string, revision: string, extra: IBuild = {}): IBuild {
    const image = `${imagePath(name)}:\${_TAG}`;
    return {
      source: { gitSource: { url: repositoryUrl(), revision } },
      steps: [{ name: 'gcr.io/cloud-builders/docker', args: ['build', '-t', image, '.'] }],
      images: [image],
      substitutions: { _TAG: 'test' },
      ...extra,
    };
  }

  const statusName = (build: IBuild): string | undefined =>
    protos.google.devtools.cloudbuild.v1.Build.Status[Number(build.status)];

  async function create(build: IBuild): Promise<string> {
    const [operation] = await stage.builds.createBuild({
      parent: stage.cloud.parent,
      projectId: stage.cloud.project,
      build,
    });
    const metadata = operation.metadata as unknown as { build: IBuild };
    // What the library decodes out of an operation has enums as numbers.
    expect(statusName(metadata.build)).toBe('QUEUED');
    return metadata.build.name ?? '';
  }

  async function untilFinished(name: string): Promise<IBuild> {
    let build: IBuild = {};
    await expect
      .poll(
        async () => {
          [build] = await stage.builds.getBuild({ name });
          return ['QUEUED', 'WORKING'].includes(String(build.status));
        },
        { timeout: 15_000, interval: 50 },
      )
      .toBe(false);
    return build;
  }

  const run = async (build: IBuild): Promise<IBuild> => untilFinished(await create(build));

  return { stage, folders, imagePath, repositoryUrl, dockerBuild, statusName, create, untilFinished, run };
}
