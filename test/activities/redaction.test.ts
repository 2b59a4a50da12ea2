import { setTimeout as pause } from 'node:timers/promises';
import { ApplicationFailure } from '@temporalio/common';
import { MockActivityEnvironment } from '@temporalio/testing';
import { describe, expect, it } from 'vitest';
import { canonicalJson, sha256 } from '../../catalog/canonical-json.ts';
import { withHeartbeat } from '../../activities/heartbeat.ts';
import { withRedaction } from '../../activities/redaction/index.ts';
import { KnownSecrets } from '../../activities/redaction/known-secrets.ts';
import { SecretMemory } from '../../activities/redaction/secret-memory.ts';
import { SecretReader } from '../../activities/redaction/secret-reader.ts';
import type { Secrets } from '../../activities/ports/platform.ts';
import type { Plan } from '../../contract/plan.ts';
import { canaryOf, findCanaries, sayingsOf } from '../end-to-end/canary.ts';
import { clusterTarget, World } from '../workflows/world.ts';

const password = canaryOf('password');
const privateKey = ['-----BEGIN PRIVATE KEY-----', 'MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcw', '-----END PRIVATE KEY-----'];
const place = { secrets: { DATABASE_URL: { secret: 'database-url', version: 'latest' } } };

/** Makes activities that answer, or throw, what they are given, where the store has one value for all secrets. */
function repeating(value: string, { read, settings = place }: { read?: Secrets['read']; settings?: object } = {}) {
  const { entry } = new World(settings);
  const asked: unknown[] = [];
  const warnings: string[] = [];
  const port: Pick<Secrets, 'read'> = {
    read: async (target, secret, version) => {
      asked.push([target.kind, secret, version]);
      return read ? read(target, secret, version) : value;
    },
  };
  const memory = new SecretMemory();
  const catalog = { resolve: async () => entry };
  const ports = { catalog, secrets: port, workerSecrets: { read: (name: string) => `${canaryOf(name)}` } };
  const known = new KnownSecrets(memory, ports, (text) => warnings.push(text));
  const activities = withRedaction(
    {
      answer: async ({ says }: { entry: unknown; says: unknown; [more: string]: unknown }): Promise<unknown> => says,
      fail: async ({ says }: { entry: unknown; says: unknown }): Promise<unknown> => {
        throw says;
      },
      beat: async ({ says }: { entry: unknown; says: string }): Promise<void> =>
        withHeartbeat(async (progress) => {
          progress({ says });
          await pause(1_200);
        }),
      show: async ({ says }: { entry: unknown; says: string }): Promise<string> =>
        new SecretReader(port as Secrets, entry.settings.target).redact(says),
    },
    known,
  );
  const answer = (says: unknown, more: object = {}) => activities.answer({ entry, says, ...more });
  const fail = (says: unknown) => activities.fail({ entry, says }).catch((error: unknown) => error);
  const beat = async (says: string) => {
    const environment = new MockActivityEnvironment();
    const beats: unknown[] = [];
    environment.on('heartbeat', (detail: unknown) => beats.push(detail));
    await environment.run(activities.beat, { entry, says });
    return beats;
  };
  return {
    beat,
    answer,
    fail,
    show: (says: string) => activities.show({ entry, says }),
    entry,
    asked,
    warnings,
    memory,
  };
}

describe('a secret that the catalog names', () => {
  it.each([
    ['a password in an address', `postgres://app:${encodeURIComponent(password)}@db.example/app`, password],
    ['a token', canaryOf('token'), canaryOf('token')],
    ['a header', 'Bearer k9Jx2mQ8vL4nR7tW', 'k9Jx2mQ8vL4nR7tW'],
    ['a header with a user', `Basic ${Buffer.from(`app:${password}`).toString('base64')}`, password],
    ['a password with a raw @', 'postgres://app:p@k9Jx2mQ8vL@4nR7tW@db.example/app', 'p@k9Jx2mQ8vL@4nR7tW'],
    ['a password before an @ of the query', 'postgres://app:k9Jx2mQ8vL4nR7tW@db?user=a@b', 'k9Jx2mQ8vL4nR7tW'],
    ['a value of a query', 'redis://cache.example/0?password=k9Jx2mQ8vL4nR7tW&db=1', 'k9Jx2mQ8vL4nR7tW'],
    ['the end of a webhook', 'https://chat.example/hooks/T01/k9Jx2mQ8vL4nR7tW', 'k9Jx2mQ8vL4nR7tW'],
    [
      'a connection string of libpq',
      "host=db user=app password = 'k9Jx2\\'mQ8vL 4nR7tW' dbname=app",
      "k9Jx2'mQ8vL 4nR7tW",
    ],
    ['a connection string', 'Server=db;User Id=app;Password=k9Jx2mQ8vL4nR7tW;', 'k9Jx2mQ8vL4nR7tW'],
    ['a file of variables', 'export A=1\nDB_PASSWORD="k9Jx2mQ8 vL4nR7tW"\n# end', 'k9Jx2mQ8 vL4nR7tW'],
    ['an address in a file of variables', 'A=1\nDATABASE_URL=postgres://app:k9Jx2mQ8vL4nR7tW@db', 'k9Jx2mQ8vL4nR7tW'],
    ['a document in YAML', 'host: db\napp:\n  api-key: k9Jx2mQ8vL4nR7tW # now\n  x: 1', 'k9Jx2mQ8vL4nR7tW'],
    ['a list of a document', 'tokens:\n  - a\n  - "k9Jx2mQ8vL4nR7tW"', 'k9Jx2mQ8vL4nR7tW'],
    ['a number of a document', 'host: db\npassword: 0012345678901234567890123', '0012345678901234567890123'],
    ['a field of a document', JSON.stringify({ project: 'shop', private_key: 'k9Jx2mQ8vL4nR7tW' }), 'k9Jx2mQ8vL4nR7tW'],
  ])('is in no form in an answer, a failure or its causes: %s', async (_what, value, secret) => {
    const { answer, fail, show, memory } = repeating(value);
    const forms = sayingsOf(secret);
    const says = { lines: forms.map((form) => `it said ${form}, twice: ${form}`), [`${forms[0] ?? ''}`]: 1 };
    const failure = ApplicationFailure.create({ message: forms.join('; '), details: [says], cause: new Error(secret) });
    const texts = new Map([
      ['answer', JSON.stringify(await answer(says))],
      ['failure', JSON.stringify(await fail(failure).then(describeError))],
      ['foreign text', await show(forms.join('; '))],
      [
        'log',
        forms.map((form) => memory.redactLine(`${JSON.stringify({ msg: form, error: { stack: form } })}\n`)).join(''),
      ],
    ]);
    expect(findCanaries([secret], texts)).toEqual([]);
    for (const text of texts.values()) expect(text).toContain('[secret]');
  });

  it('is in no heartbeat', async () => {
    const { beat } = repeating(canaryOf('token'));
    expect(await beat(`it said ${canaryOf('token')}`)).toEqual([{ says: 'it said [secret]' }]);
  });

  it('is not shown by half where a text was cut, nor over several lines', async () => {
    const secret = 'k9Jx2mQ8vL4nR7tWzYb3';
    const { answer } = repeating(secret);
    const lines = [`key ${secret.slice(0, 12)}`, `key ${secret.slice(0, 12)}…`, `k9Jx2mQ8vL\n4nR7tWz\n  Yb3 ends`];
    expect(await answer(lines)).toEqual(['key [secret]', 'key [secret]…', '[secret] ends']);
  });

  it('is not meant where a text ends with what stands in the catalog, though the secret begins with it', async () => {
    const { answer, show } = repeating('git.example/service-k9Jx2mQ8vL4nR7tWzYb3');
    for (const says of ['it clones git.example/service', 'it clones git.example/service…']) {
      expect(await answer(says)).toBe(says);
      expect(await show(says)).toBe(says);
    }
    expect(await answer('it has git.example/service-k9Jx')).toBe('it has [secret]');
  });

  it('is not meant where a text ends with a few letters that the secret begins with', async () => {
    const { answer } = repeating('shop_v2.k9Jx2mQ8vL4nR7tWzYb3');
    expect(await answer('it is of shop_v2.')).toBe('it is of shop_v2.');
    expect(await answer('it is of shop_v2.k9Jx')).toBe('it is of [secret]');
  });

  it('is found line by line where it is a key', async () => {
    const { answer } = repeating(privateKey.join('\n'));
    expect(await answer(privateKey.slice(1))).toEqual(['[secret]', privateKey[2]]);
  });

  it('is found in each version that a rotation names, on either platform', async () => {
    const read: Secrets['read'] = async (_target, _secret, version) => canaryOf(`version-${version}`);
    const rotated = [{ variable: 'DATABASE_URL', secret: 'database-url', from: '3', to: '4' }];
    for (const settings of [place, { ...place, target: clusterTarget }]) {
      const { answer, asked, entry } = repeating('', { read, settings });
      const says = ['3', '4', 'latest'].map((version) => canaryOf(`version-${version}`));
      expect(await answer(says, { rotated })).toEqual(['[secret]', '[secret]', '[secret]']);
      const { kind } = entry.settings.target;
      expect(asked).toEqual(['latest', '3', '4'].map((version) => [kind, 'database-url', version]));
    }
  });

  it('is found where a variable of the worker holds it', async () => {
    const { answer } = repeating('');
    const channel = { kind: 'webhook', url: { variable: 'SLIPWAY_SECRET_HOOK' } };
    expect(await answer([`no ${canaryOf('SLIPWAY_SECRET_HOOK')}`], { channel })).toEqual(['no [secret]']);
  });
});

describe('what nobody has listed', () => {
  it.each([
    'https://app:s3cr3t-pass@db.example/app',
    'authorization: Bearer abcdef0123456789',
    'ghp_0123456789abcdefghijABCDEFGHIJ456789',
    'xoxb-123456789012-abcdefghijkl',
    'sk_live_0123456789abcdefghij',
    'glpat-0123456789abcdefghij',
    'AKIAIOSFODNN7EXAMPLE',
    'eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxIn0.c2lnbmF0dXJl',
    'https://hooks.slack.com/services/T000/B000/abcdefgh',
    `${privateKey.join('\n')}`,
  ])('is hidden by its form: %s', async (text) => {
    const { answer, fail } = repeating('');
    expect(await answer(`before ${text} after`)).toContain('[secret]');
    expect(((await fail(new Error(`before ${text}`))) as Error).message).toContain('[secret]');
  });
});

describe('what is no secret', () => {
  const commit = 'b'.repeat(40);
  const digest = `sha256:${'c'.repeat(64)}`;

  it('stays in inputs, names and plans, even where a secret has the same value', async () => {
    for (const value of [commit, digest, 'service-1', 'https://service.example', 'c'.repeat(64), '1_add_column.sql']) {
      const { answer } = repeating(value);
      const content = {
        ...{ change: value, service: value, environment: value, catalog: value, steps: [value] },
        kind: 'deploy',
        artifact: { image: value, digest: value, commit: value },
        migrations: [{ name: value, compatibility: 'compatible' }],
        crossed: [{ name: value, compatibility: 'incompatible' }],
        secrets: [{ variable: value, secret: value, from: value, to: value }],
        approvals: [{ role: value, count: 1 }],
        live: {
          serving: [{ revision: value, digest: value, commit: value, percent: 100 }],
          traffic: [{ revision: value, percent: 100, tag: value }],
          template: { revision: value, digest: value },
          job: {
            name: value,
            image: value,
            digest: value,
            command: [value],
            args: [value],
            maxRetries: 1,
            settings: value,
          },
        },
        rollbackTo: { revision: value, digest: value, commit: value },
      } satisfies Omit<Plan, 'hash'>;
      const { hash, ...rest } = (await answer({ ...content, hash: sha256(canonicalJson(content)) })) as {
        hash: string;
      };
      expect(rest).toEqual(content);
      expect(sha256(canonicalJson(rest))).toBe(hash);
    }
  });

  it.each(['staging', 'migrate', 'password', 'service', '5432', '1.2.3', '2026-11-28', 'true', 'postgres1'])(
    'is not taken out of what an activity answers, and its secret is warned of: %s',
    async (word) => {
      const { answer, fail, warnings } = repeating(word);
      const says = { message: `the ${word} of it`, lines: [word] };
      expect(await answer(says)).toEqual(says);
      expect(((await fail(new Error(`the ${word} of it`))) as Error).message).toBe(`the ${word} of it`);
      expect(warnings).toEqual([expect.stringContaining('secret database-url is short, an ordinary word')]);
    },
  );

  it.each(['it wants basic authentication', 'a bearer credential is missing', 'task-runner-20261128-abcdef is ready'])(
    'is prose: %s',
    async (text) => {
      expect(await repeating('').answer(text)).toBe(text);
    },
  );

  it('is what stands in the catalog entry: an address, a name or a command of it', async () => {
    const { answer, show, entry, warnings } = repeating('https://git.example/service.git');
    expect(await answer(`cannot clone ${entry.repository.url}`)).toBe(`cannot clone ${entry.repository.url}`);
    expect(await show(`cannot clone ${entry.repository.url}`)).toBe(`cannot clone ${entry.repository.url}`);
    expect(warnings).toHaveLength(1);
  });

  it('is a statement that a person has signed: the signature is good for these very words only', async () => {
    const { answer } = repeating('k9Jx2mQ8vL4nR7tW');
    const proof = {
      key: 'SHA256:a',
      catalog: 'b',
      statement: 'said: k9Jx2mQ8vL4nR7tW leaked',
      signature: '-----BEGIN',
    };
    const said = 'k9Jx2mQ8vL4nR7tW leaked';
    expect(await answer({ leaves: { entry: { decisions: [{ said, proof }] } } })).toEqual({
      leaves: { entry: { decisions: [{ said: '[secret] leaked', proof }] } },
    });
    expect(await answer({ statement: said })).toEqual({ statement: '[secret] leaked' });
  });

  it.each([
    ['https://oauth2.example/token', JSON.stringify({ token_uri: 'https://oauth2.example/token', private_key: 'x' })],
    ['ab12-of-the-key-id', 'access_token_id=ab12-of-the-key-id\ntoken=x'],
    ['service_account-2', 'secret_type: service_account-2\nname: x'],
    ['app_production_v2', 'postgres://db.example/app_production_v2'],
    ['a-path-of-words', 'https://chat.example/a-path-of-words'],
    ['db-1.shop.example', 'host=db-1.shop.example password=x'],
  ])('is a part of a secret that only says where or which: %s', async (part, value) => {
    const { answer } = repeating(value);
    expect(await answer(`it asked ${part} again`)).toBe(`it asked ${part} again`);
  });

  it('is the catalog entry itself, in which people wrote what they meant', async () => {
    const { answer, entry } = repeating('k9Jx2mQ8vL4nR7tW');
    const other = { ...entry, repository: { url: 'https://git.example/k9Jx2mQ8vL4nR7tW.git', branch: 'main' } };
    expect(await answer({ entry: other })).toEqual({ entry: other });
  });
});

describe('a secret store', () => {
  it('is asked once for many activities', async () => {
    const { answer, asked } = repeating(canaryOf('token'));
    for (let count = 0; count < 3; count += 1) await answer(canaryOf('token'));
    expect(asked).toHaveLength(1);
  });

  it('that refuses stops no activity, and the log says so once', async () => {
    const read = () => Promise.reject(new Error('PERMISSION_DENIED'));
    const { answer, asked, warnings } = repeating('', { read });
    expect([await answer('a text'), await answer('a text')]).toEqual(['a text', 'a text']);
    expect(asked).toHaveLength(1);
    expect(warnings).toEqual([expect.stringMatching(/secret database-url cannot be read, .*PERMISSION_DENIED/)]);
  });

  it('that does not answer holds an activity up for two seconds, and the next ones not at all', async () => {
    const { answer, warnings } = repeating('', { read: () => pause(60_000, '', { ref: false }) });
    const began = performance.now();
    await answer('a text');
    const held = performance.now();
    for (let count = 0; count < 2; count += 1) await answer('a text');
    expect(held - began).toBeGreaterThan(1_900);
    expect(performance.now() - held).toBeLessThan(1_000);
    expect(warnings).toEqual([expect.stringContaining('no answer within 2 s')]);
  });
});

function describeError(error: unknown): unknown {
  if (!(error instanceof Error)) return error;
  const { details } = error as { details?: unknown };
  return [error.message, error.stack, details, describeError(error.cause)];
}
