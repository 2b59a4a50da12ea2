import { describe, expect, it } from 'vitest';
import { readConfiguration, requireConfiguration } from '../../activities/configuration/index.ts';
import { describeKey } from '../../contract/configuration.ts';
import { commits, World } from '../workflows/world.ts';

const toml = `
[profile]
name = "canary-of-a-value"

[runtime.supervisor]
enabled = true
`;
const file = {
  path: 'config/shop.toml',
  keys: { SHOP_PROFILE: '/profile/name', SHOP_SUPERVISOR: '/runtime/supervisor/enabled', SHOP_QUEUE: '/queue/name' },
};

const worldOf = (settings: object, text = toml): World => {
  const world = new World(settings);
  world.files.set(file.path, text);
  return world;
};
const read = async (settings: object, text?: string) => {
  const world = worldOf(settings, text);
  return readConfiguration(world.ports({} as never, {} as never).sources, world.entry, commits.good);
};

describe('the configuration of a service', () => {
  it('has each key with its origin: a secret over a variable over a file', async () => {
    const { keys, problems } = await read({
      secrets: { SHOP_KEY: { secret: 'shop-key' }, SHOP_PROFILE: { secret: 'shop-profile', version: '3' } },
      variables: { SHOP_PROFILE: 'canary-of-a-value', SHOP_LOG: 'canary-of-a-value' },
      configuration: { files: [file], overrides: ['SHOP_PROFILE'] },
    });
    expect(problems).toEqual([]);
    expect(keys.map(describeKey)).toEqual([
      'SHOP_KEY: secret shop-key, version latest',
      'SHOP_LOG: variable of the catalog',
      'SHOP_PROFILE: secret shop-profile, version 3, over variable of the catalog, config/shop.toml /profile/name',
      'SHOP_SUPERVISOR: config/shop.toml /runtime/supervisor/enabled',
    ]);
    expect(JSON.stringify(keys)).not.toContain('canary');
  });

  it('has a problem where a required key is in no layer', async () => {
    const configuration = { files: [file] };
    const { problems } = await read({ inputs: ['SHOP_QUEUE', 'SHOP_SUPERVISOR', 'SHOP_GONE'], configuration });
    const missing = 'is neither in secrets nor in variables of the catalog';
    expect(problems).toEqual([
      { path: 'inputs.SHOP_QUEUE', message: `SHOP_QUEUE ${missing}, nor in config/shop.toml` },
      { path: 'inputs.SHOP_GONE', message: `SHOP_GONE ${missing}` },
    ]);
  });

  it('has a problem where a key is hidden that is not listed', async () => {
    const { problems } = await read({ variables: { SHOP_PROFILE: 'x' }, configuration: { files: [file] } });
    expect(problems).toEqual([
      {
        path: 'configuration.SHOP_PROFILE',
        message:
          'variable of the catalog hides config/shop.toml /profile/name: ' +
          'take one away, or list SHOP_PROFILE in configuration.overrides',
      },
    ]);
  });

  it.each([
    ['config/shop.toml', 'a = 1\npassword = canary canary', 'line 2 is no TOML'],
    ['config/shop.yaml', 'a: 1\nb: [canary', 'line 2 cannot be read (BAD_INDENT)'],
    ['config/shop.json', '{"a": canary"', 'line 1 cannot be read'],
  ])('says where %s cannot be read, without quoting it', async (path, text, problem) => {
    const world = new World({ configuration: { files: [{ ...file, path }], overrides: [] } });
    world.files.set(path, text);
    const { sources } = world.ports({} as never, {} as never);
    const { problems } = await readConfiguration(sources, world.entry, commits.good);
    expect(problems).toMatchObject([{ path: `configuration.${path}`, message: expect.stringContaining(problem) }]);
    expect(JSON.stringify(problems)).not.toContain('canary');
  });

  it('has a problem where the commit lacks a file; of an unknown commit nothing is said', async () => {
    const world = new World({ inputs: ['SHOP_QUEUE'], configuration: { files: [file], overrides: [] } });
    const { sources } = world.ports({} as never, {} as never);
    const { problems } = await readConfiguration(sources, world.entry, commits.good);
    expect(problems[0]).toMatchObject({ message: expect.stringContaining('does not have it') });
    expect(await readConfiguration(sources, world.entry, '')).toEqual({ keys: [], manifest: null, problems: [] });
  });

  it('is refused with all its problems, a secret that is not there among them', async () => {
    const world = worldOf({ inputs: ['SHOP_GONE'], secrets: { SHOP_KEY: { secret: 'shop-key' } } });
    world.secretStates.set('shop-key', 'disabled');
    const ports = world.ports({} as never, {} as never);
    await expect(requireConfiguration(ports, world.entry, commits.good)).rejects.toMatchObject({
      type: 'InvalidInput',
      message:
        'inputs.SHOP_GONE: SHOP_GONE is neither in secrets nor in variables of the catalog; ' +
        'secrets.SHOP_KEY: version latest of secret shop-key is disabled',
    });
  });
});
