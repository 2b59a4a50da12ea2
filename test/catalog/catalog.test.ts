import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, symlink, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { standInVariables } from '../../sandbox/people.ts';
import { catalogJsonSchema } from '../../catalog/json-schema.ts';
import { canonicalJson } from '../../catalog/canonical-json.ts';
import { catalogEntry, catalogTrain, loadCatalog } from '../../catalog/load.ts';
import { trustedRootProblems } from '../../catalog/trusted-roots.ts';
import { keyPair } from '../attestations.ts';
import { good } from './good-file.ts';

const project = path.join(import.meta.dirname, '../..');
const variables = standInVariables;

describe('the catalog', () => {
  let folder: string;
  beforeEach(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'slipway-catalog-'));
  });
  afterEach(() => rm(folder, { recursive: true }));

  const load = async (text: string) => {
    await writeFile(path.join(folder, 'example.yaml'), text);
    return loadCatalog(folder, variables);
  };

  it('of this project has no problems, its examples included', async () => {
    expect((await loadCatalog(path.join(project, 'catalog'), variables)).problems).toEqual([]);
    expect((await loadCatalog(path.join(project, 'catalog/examples'), variables)).problems).toEqual([]);
  });

  it('has a JSON Schema for editors that is up to date', async () => {
    expect(JSON.parse(await readFile(path.join(project, 'catalog/schema.json'), 'utf8'))).toEqual(
      JSON.parse(JSON.stringify(catalogJsonSchema())),
    );
  });

  describe('that names one target twice', () => {
    const job = 'service: example, migrationJob: example-migrate }';
    const withJob = good.replace('service: example }', job);
    const production = (text: string, target: string) => {
      const staging = text.slice(text.indexOf('  staging:'));
      return text + staging.replace('staging:', 'production:').replace(/service: example.* }/, target);
    };

    it.each([
      ['a service in two environments', production(good, 'service: example }'), 'Cloud Run service example of'],
      [
        'a job in two environments',
        production(withJob, 'service: other, migrationJob: example-migrate }'),
        'Cloud Run job example-migrate of',
      ],
      [
        'a job for two purposes',
        withJob.replace('example-migrate }', 'example-migrate, smokeJob: example-migrate }'),
        'Cloud Run job example-migrate of example-project in us-central1 is named twice',
      ],
    ])('has a problem: %s', async (_what, text, message) => {
      expect((await load(text)).problems).toEqual([
        expect.objectContaining({ message: expect.stringContaining(message) }),
      ]);
    });

    it('has a problem: the service of another catalog file', async () => {
      await writeFile(path.join(folder, 'another.yaml'), good.replace('service: example\n', 'service: another\n'));
      expect((await load(good)).problems).toMatchObject([
        { message: expect.stringContaining('is named by another in staging, too: each needs its own') },
      ]);
    });

    it('has a problem: two figures for one quota of a project, in two files', async () => {
      const saying = (name: string, calls: number) =>
        good
          .replace('service: example\n', `service: ${name}\n`)
          .replace('service: example }', `service: ${name}, quotas: { runReadsPerMinute: ${calls} } }`);
      await writeFile(path.join(folder, 'another.yaml'), saying('another', 3_000));
      expect((await load(saying('example', 3_000))).problems).toEqual([]);
      expect((await load(saying('example', 600))).problems).toMatchObject([
        {
          path: 'environments.staging.target.quotas.runReadsPerMinute',
          message: 'must be 3000, as another in staging says: example-project in us-central1 has this quota once',
        },
      ]);
    });

    it('has a problem: one workload of a cluster', async () => {
      const workload = 'workload: { kind: Deployment, name: app }';
      const where = 'namespace: apps, overlay: k8s, url: https://app.example.com';
      const target = `target: { kind: kubernetes, ${where}, ${workload} }`;
      const cluster = good.replace(/target: .*/, target);
      const staging = cluster.slice(cluster.indexOf('  staging:'));
      const problems = (await load(cluster + staging.replace('staging:', 'production:'))).problems;
      expect(problems).toMatchObject([{ message: expect.stringContaining('Deployment app in apps is named by') }]);
    });

    it('has none where project, region or namespace differ', async () => {
      const text = production(good, 'service: example }').replace(/(production:[^]*)us-central1/, '$1us-east1');
      expect((await load(text)).problems).toEqual([]);
    });
  });

  describe('that pins a trusted root', () => {
    const identity = 'identity: someone@example.com, issuer: https://issuer.example.com, builder: ours';
    const pinning = (sha256: string) =>
      `${good}provenance:\n  attestors:\n    - { ${identity}, trustedRoot: { file: root.json, sha256: ${sha256} } }\n`;
    const sha256 = createHash('sha256').update('{}').digest('hex');
    const key = JSON.stringify(keyPair().key);

    it('has a problem for the check while the file is not there, or is another one', async () => {
      const { services, problems } = await load(pinning(sha256));
      expect(problems).toEqual([]);
      const found = () => trustedRootProblems(folder, services.values());
      expect(await found()).toMatchObject([{ message: 'the catalog has no file root.json' }]);
      await writeFile(path.join(folder, 'root.json'), '[]');
      expect(await found()).toMatchObject([
        { path: 'provenance.attestors.0.trustedRoot', message: expect.stringContaining('not the one that') },
      ]);
      await writeFile(path.join(folder, 'root.json'), '{}');
      expect(await found()).toEqual([]);
    });

    it.each([
      ['neither a key nor an identity', '{ builder: ours }'],
      ['an identity without a root', `{ ${identity} }`],
      ['a key and an identity', `{ key: ${key}, ${identity} }`],
    ])('has a problem with an attestor of %s', async (_what, attestor) => {
      const text = `${good}provenance: { attestors: [${attestor}] }\n`;
      expect((await load(text)).problems).toMatchObject([
        { message: expect.stringContaining('must have either a key') },
      ]);
    });
  });

  it("asks no other registry than Google's for a provenance", async () => {
    const provenance = `provenance: { attestors: [{ key: ${JSON.stringify(keyPair().key)}, builder: ours }] }\n`;
    const place = 'kind: cloudBuild, project: example-project, region: us-central1';
    const withImage = (image: string) => `${good}${provenance}build: { ${place}, image: ${image} }\n`;
    expect((await load(withImage('us-docker.pkg.dev/example-project/apps/example'))).problems).toEqual([]);
    expect((await load(withImage('registry.example.com/example-project/apps/example'))).problems).toMatchObject([
      { path: 'build.image', message: expect.stringContaining('must be in Artifact Registry') },
    ]);
  });

  it('fills in what is not said', async () => {
    const catalog = await load(good);
    expect(catalog.problems).toEqual([]);
    expect(catalogEntry(catalog, 'example', 'staging')).toMatchObject({
      build: null,
      settings: { logs: [], bake: { everySeconds: 15 }, smoke: [{ method: 'GET', status: [200] }] },
    });
  });

  const bad: [what: string, change: (text: string) => string, line: number, path: string, message: string][] = [
    [
      'an unknown field',
      (text) => text.replace('    bake:', '    backe: 1\n    bake:'),
      11,
      'environments.staging.backe',
      'is not a field here: did you mean bake?',
    ],
    [
      'a field of another kind of target',
      (text) => text.replace('service: example }', 'service: example, overlay: deploy }'),
      8,
      'environments.staging.target.overlay',
      'is not a field here; there are kind, project, region, service, migrationJob,',
    ],
    [
      'a Cloud Run service with too long a name',
      (text) => text.replace('service: example }', `service: ${'s'.repeat(49)} }`),
      8,
      'environments.staging.target.service',
      'at most 48 characters, so that a change can name its revisions',
    ],
    [
      'a misspelt field of a list in a list',
      (text) => text.replace('{ role: release-owner }', '{ role: release-owner, cuont: 2 }'),
      9,
      'environments.staging.approvals.required.0.cuont',
      'did you mean count?',
    ],
    [
      'text in place of a map',
      (text) => text.replace('bake: { seconds: 1 }', 'bake: soon'),
      11,
      'environments.staging.bake',
      'must be a map of fields',
    ],
    [
      'a missing field that has words of its own for what it is',
      (text) => text.replace(', path: /healthz', ''),
      10,
      'environments.staging.smoke.0.path',
      'must be given',
    ],
    [
      'a wrong type',
      (text) => text.replace('seconds: 1', 'seconds: soon'),
      11,
      'environments.staging.bake.seconds',
      'must be a number of seconds',
    ],
    ['a missing field', (text) => text.replace(/ {4}smoke.*\n/, ''), 8, 'environments.staging.smoke', 'must be given'],
    [
      'a role without people',
      (text) => text.replace('operators: [release-owner]', 'operators: [nobody]'),
      12,
      'environments.staging.operators.0',
      'nobody holds the role',
    ],
    [
      'a path out of the repository',
      (text) => text.replace('    bake:', '    migration: { directory: ../x, command: [run] }\n    bake:'),
      11,
      'environments.staging.migration.directory',
      'without ..',
    ],
    [
      'a migration without a folder',
      (text) => text.replace('    bake:', '    migration: { command: [run] }\n    bake:'),
      11,
      'environments.staging.migration.directory',
      'must be given; if there is no folder of migrations, say layout: command',
    ],
    [
      'a folder of which the catalog says that there is none',
      (text) =>
        text.replace('    bake:', '    migration: { directory: x, layout: command, command: [run] }\n    bake:'),
      11,
      'environments.staging.migration.directory',
      'must not be there',
    ],
    [
      'a layout and a pattern of files',
      (text) =>
        text.replace(
          '    bake:',
          '    migration: { directory: x, layout: ecto, files: "*", command: [run] }\n    bake:',
        ),
      11,
      'environments.staging.migration.files',
      'must not be there beside layout',
    ],
    [
      'a smoke that leaves the service',
      (text) => text.replace('path: /healthz', 'path: http://other.example.com/'),
      10,
      'environments.staging.smoke.0.path',
      'must begin with /',
    ],
    [
      'a branch that is an option',
      (text) => text.replace('branch: main', 'branch: --upload-pack=x'),
      3,
      'repository.branch',
      'must be a branch name',
    ],
    [
      'a drill where no instance can be ended',
      (text) => text.replace('    bake:', '    drill: { clients: { path: /healthz } }\n    bake:'),
      11,
      'environments.staging.drill',
      'is not possible on cloudRun',
    ],
    [
      'a post-deploy gate on Cloud Run without its job',
      (text) => `${text}    postDeployGate: { smoke: { command: [smoke] } }\n`,
      8,
      'environments.staging.target',
      'must have a smokeJob',
    ],
    [
      'a gate that reads the log of a migration which there is not',
      (text) =>
        `${text.replace('service: example }', 'service: example, smokeJob: smoke }')}` +
        '    postDeployGate: { nothingPending: [pending], smoke: { command: [smoke] } }\n',
      13,
      'environments.staging.postDeployGate.nothingPending',
      'has no migration to repeat',
    ],
    [
      'programs of evidence without a job that runs them',
      (text) => `${text}    evidence: { programs: [{ name: info, command: [info] }] }\n`,
      8,
      'environments.staging.target',
      'must have an evidenceJob',
    ],
    [
      'evidence with nothing in it',
      (text) => `${text}    evidence: { allowedOnStderr: [warning] }\n`,
      13,
      'environments.staging.evidence',
      'must have a program or a gate',
    ],
    [
      'two checks of evidence with one name',
      (text) => `${text}    evidence: { gates: [{ name: a, path: /a }, { name: a, path: /b }] }\n`,
      13,
      'environments.staging.evidence',
      'names a twice',
    ],
    [
      'a schedule at no time of the day',
      (text) => `${text}    schedules: { dailyChecks: { at: ['7:00'], timeZone: UTC } }\n`,
      13,
      'environments.staging.schedules.dailyChecks.at.0',
      'must be a time of day',
    ],
    [
      'a schedule in no time zone',
      (text) => `${text}    schedules: { checkDrift: { at: ['07:00'], timeZone: Mars/Base } }\n`,
      13,
      'environments.staging.schedules.checkDrift.timeZone',
      'must be an IANA time zone',
    ],
    [
      'a schedule of what changes something',
      (text) => `${text}    schedules: { deploy: { at: ['07:00'], timeZone: UTC } }\n`,
      13,
      'environments.staging.schedules.deploy',
      'is not a field',
    ],
    [
      'schedules of nothing',
      (text) => `${text}    schedules: {}\n`,
      13,
      'environments.staging.schedules',
      'must have one of',
    ],
    ['a key twice', (text) => `${text}service: other\n`, 13, '', 'unique'],
    ['broken YAML', (text) => `${text}  - [\n`, 13, '', ''],
    [
      'a variable that is not set',
      (text) => text.replace('https://git.example.com/example.git', '"${SLIPWAY_NOT_SET}"'),
      1,
      '',
      'SLIPWAY_NOT_SET is not set',
    ],
  ];
  it.each(bad)('says where %s is', async (_what, change, line, at, message) => {
    const { problems } = await load(change(good));
    expect(
      problems.map(({ line: found, path: where, message: said }) => ({
        line: found,
        path: where,
        said: said.includes(message),
      })),
    ).toContainEqual({ line, path: at, said: true });
  });

  it('leaves an environment out whose variable is not set, says so, and keeps the others', async () => {
    const target = '{ kind: cloudRun, project: "${SLIPWAY_SANDBOX_X}", region: r, service: s }';
    const further = `${good}  elsewhere:\n    target: ${target}\n`;
    const catalog = await load(further);
    expect(catalog.problems).toMatchObject([
      { path: 'environments.elsewhere', message: expect.stringMatching(/SLIPWAY_SANDBOX_X is not set; a sandbox/) },
    ]);
    expect(catalogEntry(catalog, 'example', 'elsewhere')).toEqual({
      path: 'environment',
      message: expect.stringMatching(
        /^environment elsewhere of example cannot be used: the variable SLIPWAY_SANDBOX_X/,
      ),
    });
    expect(catalogEntry(catalog, 'example', 'staging')).toHaveProperty('hash');
  });

  describe('with a service in two files', () => {
    const takenOver = good.replaceAll('release-owner@example.com', 'stranger@example.com');
    const files = (...names: string[]) => names.map((name) => path.join(folder, name));

    it.each([
      ['both can be used', good],
      ['its own has a mistake', good.replace('seconds: 1', 'seconds: -1')],
      ['its own cannot be read', `${good}  - [\n`],
    ])('takes it from neither where %s', async (_which, own) => {
      const [stranger = '', named = ''] = files('a-harmless-name.yaml', 'example.yaml');
      await writeFile(stranger, takenOver);
      const catalog = await load(own);
      expect(catalog.services.size).toBe(0);
      expect(catalog.problems).toContainEqual({
        file: stranger,
        line: 1,
        path: 'service',
        message: `example is described in ${named} too`,
      });
      const neither = {
        path: 'service',
        message: `example is described in ${stranger} and ${named}: leave one of them`,
      };
      expect(catalogEntry(catalog, 'example', 'staging')).toEqual(neither);
      expect(catalogTrain(catalog, 'example')).toEqual(neither);
    });

    it('keeps the other services', async () => {
      await writeFile(path.join(folder, 'a-harmless-name.yaml'), takenOver);
      await writeFile(path.join(folder, 'other.yaml'), good.replaceAll('service: example', 'service: other'));
      expect([...(await load(good)).services.keys()]).toEqual(['other']);
    });
  });

  it.each(['constructor', 'toString', '__proto__'])('has no environment %s that nobody has written', async (name) => {
    expect(catalogEntry(await load(good), 'example', name)).toMatchObject({
      path: 'environment',
      message: expect.stringContaining(`unknown environment ${name} of example`),
    });
  });

  it('has a problem: an environment of a train that every object has', async () => {
    expect((await load(`${good}train: [constructor]\n`)).problems).toMatchObject([
      { path: 'train.0', message: 'unknown environment constructor; known: staging' },
    ]);
  });

  it.each([
    ['owners', good.replace('[release-owner@example.com]', '["${SLIPWAY_NOT_SET}@example.com"]')],
    ['a train', `${good}train: ["\${SLIPWAY_NOT_SET}"]\n`],
  ])('takes nothing of a file in which a variable for all environments is not set: %s', async (_where, text) => {
    const catalog = await load(text);
    expect(catalog.problems).toContainEqual(
      expect.objectContaining({ path: '', message: 'the variable SLIPWAY_NOT_SET is not set' }),
    );
    expect(catalogEntry(catalog, 'example', 'staging')).toMatchObject({
      path: 'service',
      message: expect.stringMatching(/example.yaml cannot be used here: the variable SLIPWAY_NOT_SET is not set/),
    });
  });

  it('lists all problems of all files at once', async () => {
    await writeFile(path.join(folder, 'other.yaml'), good.replace('service: example\n', 'service: Other\n'));
    const { problems, services } = await load(
      good.replace('seconds: 1', 'seconds: -1').replace('operators: [release-owner]', 'operators: []'),
    );
    expect(problems.map(({ file, path: at }) => `${path.basename(file)} ${at}`)).toEqual([
      'example.yaml environments.staging.bake.seconds',
      'example.yaml environments.staging.operators',
      'other.yaml service',
    ]);
    expect(services.size).toBe(0);
  });

  it('takes references to secrets in channels, and never the value of a variable that holds one', async () => {
    const withChannel = (channel: string) =>
      good.replace('    bake:', `    notifications: { it: ${channel} }\n    bake:`);
    const problemsOf = async (channel: string) => (await load(withChannel(channel))).problems.map((one) => one.message);
    const key = '{ variable: SLIPWAY_SECRET_KEY }';
    expect(await problemsOf(`{ kind: pagerDuty, routingKey: ${key} }`)).toEqual([]);
    expect(await problemsOf('{ kind: slackWebhook, webhook: { variable: PATH } }')).toEqual([
      'must be SLIPWAY_SECRET_<NAME>',
    ]);
    expect(await problemsOf('{ kind: slack, token: { secret: bot }, channel: "#oncall" }')).toEqual([
      'must be a channel id such as C0123456789',
    ]);
    await writeFile(
      path.join(folder, 'example.yaml'),
      withChannel('{ kind: webhook, url: "https://x.example/${SLIPWAY_SECRET_KEY}" }'),
    );
    const loaded = await loadCatalog(folder, { SLIPWAY_SECRET_KEY: 'hidden-part' });
    expect(JSON.stringify([...loaded.services])).not.toContain('hidden-part');
    expect(loaded.problems.map(({ message }) => message)).toContain(
      'SLIPWAY_SECRET_KEY holds a secret: write {variable: SLIPWAY_SECRET_KEY} where a secret is meant',
    );
  });

  it('names every wrong event, role and recipient of a channel at once, with what was probably meant', async () => {
    const channels = `
      mail: { kind: email, host: mail.example.com, from: slipway@example.com, to: roles, roles: [relase-owner, nobody] }
      people: { kind: email, host: mail.example.com, from: slipway@example.com, to: roles, roles: [developer] }
      wrong: { kind: email, host: mail.example.com, from: slipway, to: [role], events: [approvalNeded, everything] }
      hook: { kind: webhook, url: https://hook.example.com, role: [developer], severities: [SEV1] }
`;
    const { problems } = await load(
      good
        .replace('\nenvironments:', '\n  developer: [a-developer]\nenvironments:')
        .replace('    bake:', `    notifications:${channels}    bake:`),
    );
    const at = 'environments.staging.notifications';
    expect(problems.map(({ path: where, message }) => [where.replace(`${at}.`, ''), message]).sort()).toEqual([
      ['hook.role', 'is not a field here: did you mean roles?'],
      ['hook.severities.0', 'must be one of SEV-1, SEV-2, SEV-3: did you mean SEV-1?'],
      ['mail.roles.0', 'nobody holds the role relase-owner: did you mean release-owner?'],
      ['mail.roles.1', 'nobody holds the role nobody'],
      ['people.to', 'a-developer is no e-mail address'],
      [
        'wrong.events.0',
        expect.stringMatching(/^must be one of incidentOpened, .*, driftGone: did you mean approvalNeeded\?$/),
      ],
      ['wrong.events.1', expect.stringMatching(/^must be one of incidentOpened, .*, driftGone$/)],
      ['wrong.from', 'must be an e-mail address'],
      ['wrong.to.0', 'must be an e-mail address'],
    ]);
  });

  it('does not follow links and does not expand bombs', async () => {
    await symlink('/etc/hostname', path.join(folder, 'link.yaml'));
    const bomb = [
      'a: &a [x, x, x, x, x, x, x, x, x]',
      ...'bcdefg'
        .split('')
        .map((name, index) => `${name}: &${name} [${Array(9).fill(`*${'abcdef'[index]}`).join(', ')}]`),
    ].join('\n');
    const { problems } = await load(bomb);
    expect(problems.find(({ file }) => file.endsWith('link.yaml'))?.message).toContain('not a link');
    expect(problems.find(({ file }) => file.endsWith('example.yaml'))?.message).toContain('alias');
  });

  it('names what is known when a service or an environment is not', async () => {
    const catalog = await load(good);
    expect(catalogEntry(catalog, 'nothing', 'staging')).toEqual({
      path: 'service',
      message: 'unknown service nothing; known: example',
    });
    expect(catalogEntry(catalog, 'example', 'moon')).toEqual({
      path: 'environment',
      message: 'unknown environment moon of example; known: staging',
    });
  });

  it('has the same canonical text whatever the order of keys', () => {
    expect(canonicalJson({ b: [{ d: 1, c: 2 }], a: null })).toBe(canonicalJson({ a: null, b: [{ c: 2, d: 1 }] }));
  });
});
