import { cp, mkdir, rm, writeFile } from 'node:fs/promises';
import path from 'node:path';
import type { Preparation, Section } from './section.ts';
import { succeeded, type World } from './world.ts';

const shopOf = ({ shell }: World): string => path.join(shell.folder, '..', 'shop');

/** The program of a service of one's own, which answers its health check with a status. */
const program = (status: number, word: string): string => `// ${word}
require('node:http').createServer((request, response) => {
  response.writeHead(request.url === '/health' ? ${status} : 404).end(process.env.BUILD_SHA);
}).listen(process.env.PORT);
`;

/** A person has a repository with a service in it. */
const hasShop: Preparation = async (world) => {
  await mkdir(shopOf(world));
  await writeFile(path.join(shopOf(world), 'Procfile'), 'web: node server.js\n');
  await writeFile(path.join(shopOf(world), 'package.json'), '{ "name": "shop" }\n');
  await writeFile(path.join(shopOf(world), 'server.js'), program(200, 'the first'));
  succeeded(await world.shell.paste('git -C ../shop init --quiet --initial-branch=main'));
  succeeded(await world.shell.paste('git -C ../shop add --all && git -C ../shop commit --message first'));
};

const releaseShop = ['deploy', 'approve', 'watch'] as const;
/** The three commands that `sandbox add` has printed. */
const shopReleased: Preparation = async ({ shell }) => {
  for (const command of releaseShop) {
    const rest = {
      deploy: '--commit main --by developer@example.com',
      approve: '--by release-owner@example.com',
      watch: '',
    };
    succeeded(await shell.paste(`./slipway ${command} shop --environment production ${rest[command]}`));
  }
};

const ownService: Section[] = [
  {
    document: 'docs/your-own-service.md',
    heading: 'In the sandbox',
    commands: 3,
    before: hasShop,
    special: [{ command: /slipway (sandbox up|worker)/, opens: true }],
  },
  {
    document: 'docs/your-own-service.md',
    heading: 'Release it',
    commands: 1,
    before: shopReleased,
    special: [{ command: /sandbox logs/, said: /shop/ }],
  },
  {
    document: 'docs/your-own-service.md',
    heading: 'A bad version is taken back',
    commands: 5,
    before: async (world) => writeFile(path.join(shopOf(world), 'server.js'), program(500, 'a bad one')),
    special: [{ command: /slipway watch/, exitCode: 1, said: /RolledBack/ }],
  },
  {
    document: 'docs/your-own-service.md',
    heading: 'Roll back',
    commands: 2,
    before: async (world) => {
      await writeFile(path.join(shopOf(world), 'server.js'), program(200, 'the second'));
      succeeded(await world.shell.paste('git -C ../shop commit --all --message second'));
      succeeded(await world.shell.paste('./slipway sandbox add ../shop'));
      await shopReleased(world);
    },
    special: [{ command: /slipway rollback/, said: /done rolled back/ }],
  },
  {
    document: 'docs/your-own-service.md',
    heading: 'The first release',
    commands: 1,
    // What was rolled back before is on hold.
    before: async ({ sandbox }) => sandbox.runs.lift('shop', 'it is needed again'),
    special: [{ command: /--dry-run/, said: /planned/ }],
  },
  {
    document: 'docs/your-own-service.md',
    heading: 'The catalog file',
    commands: 2,
    // As the text says: delete the one of the sandbox first.
    before: async ({ sandbox }) => rm(path.join(sandbox.catalogFolder, 'shop.yaml')),
    // On a terminal it asks; in a pipe it says what to give.
    special: [{ command: /catalog new/, exitCode: 2, said: /approvers: must be given/ }],
  },
];

/** Waits until `oneiric` is released, for which nobody has to be asked twice. */
const oneiricReleased: Preparation = async ({ shell }) => {
  await shell.paste('./slipway environment lift oneiric --environment production --reason "another commit"');
  const deploy = 'deploy oneiric --environment production --commit good --by developer@example.com';
  succeeded(await shell.paste(`./slipway ${deploy}`));
  await shell.paste('./slipway approve oneiric --environment production --by release-owner@example.com');
  succeeded(await shell.paste('./slipway watch oneiric --environment production'));
};

/** The change that released `oneiric` last. */
const oneiricChange = async ({ sandbox }: World): Promise<string> => {
  const { lastKnownGood } = await sandbox.runs.environment('oneiric');
  return lastKnownGood?.change ?? '';
};

const diagnosis: Section[] = [
  {
    document: 'docs/operating/diagnosis.md',
    heading: 'Seeing each in the sandbox',
    commands: 10,
    special: [
      { command: /sandbox up|slipway worker/, opens: true },
      {
        command: /slipway deploy/,
        meanwhile: async ({ shell }) =>
          shell.paste('./slipway approve oneiric --environment production --by release-owner@example.com'),
        exitCode: 1,
        said: /likely cause/,
      },
      { command: /slipway status/, said: /watches files/ },
    ],
  },
  {
    document: 'docs/evidence.md',
    heading: 'For auditors',
    commands: 3,
    before: oneiricReleased,
    special: [
      { command: /--html/, with: [['c3983be17d7', oneiricChange]] },
      {
        command: /--from/,
        before: async ({ shell }) =>
          cp(path.join(shell.folder, '.slipway', 'sandbox', 'evidence'), path.join(shell.folder, 'audit', 'evidence'), {
            recursive: true,
          }),
        with: [
          ['c3983be17d7', oneiricChange],
          ['/mnt/audit', ({ shell }) => path.join(shell.folder, 'audit')],
        ],
      },
    ],
  },
];

export const serviceSections: Section[] = [...diagnosis, ...ownService];
