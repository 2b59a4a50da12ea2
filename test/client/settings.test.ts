import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { runSlipway } from './run-slipway.ts';

describe('settings', () => {
  let folder: string;
  let file: string;
  beforeAll(async () => {
    folder = await mkdtemp(path.join(tmpdir(), 'slipway-settings-'));
    file = path.join(folder, 'config.toml');
  });
  afterAll(async () => rm(folder, { recursive: true }));

  const slipway = async (text: string, words: string[], variables: Record<string, string> = {}) => {
    await writeFile(file, text);
    return runSlipway(words, { SLIPWAY_CONFIG_FILE: file, SLIPWAY_USER: '', SLIPWAY_CATALOG: '', ...variables });
  };
  const all = 'service = "shop"\nenvironment = "staging"\nuser = "file@example.com"\ncatalog = "nowhere"\n';
  const printed = (stdout: string) => JSON.parse(stdout) as { input: object };

  it('are shown, each with what has set it', async () => {
    const { stdout } = await slipway(all, ['config', '--json'], { SLIPWAY_ENVIRONMENT: 'production' });
    expect(JSON.parse(stdout)).toEqual({
      file,
      settings: {
        service: { value: 'shop', from: file },
        environment: { value: 'production', from: 'SLIPWAY_ENVIRONMENT' },
        user: { value: 'file@example.com', from: file },
        catalog: { value: path.join(folder, 'nowhere'), from: file },
        temporal: { value: '127.0.0.1:1', from: 'TEMPORAL_ADDRESS' },
        namespace: { value: 'default', from: 'TEMPORAL_ADDRESS' },
      },
    });
  });

  it('say what is missing where nothing is set', async () => {
    const { stdout } = await slipway('', ['config']);
    expect(stdout).toMatch(/^SETTING +VALUE +BY\nservice +- +not set: SLIPWAY_SERVICE, or the settings file\n/);
  });

  it('stand in for what a command was not told, the file first', async () => {
    const words = ['restart', '--reason', 'stale', '--print'];
    const { stdout, stderr } = await slipway(all, words);
    expect(stdout).toContain('"service":"shop"');
    expect(stderr).toBe(`service shop, by ${file}\nenvironment staging, by ${file}`);
    expect(printed((await slipway(all, [...words, '--json'])).stdout).input).toEqual({
      service: 'shop',
      environment: 'staging',
      requestedBy: 'file@example.com',
      reason: 'stale',
    });
  });

  it('give way to a variable, and to what a command is told', async () => {
    const words = ['restart', '--reason', 'stale', '--print', '--json'];
    const variables = { SLIPWAY_SERVICE: 'books', SLIPWAY_ENVIRONMENT: 'cluster', SLIPWAY_USER: 'ann@example.com' };
    const byVariable = await slipway(all, words, variables);
    expect(printed(byVariable.stdout).input).toMatchObject({
      service: 'books',
      environment: 'cluster',
      requestedBy: 'ann@example.com',
    });
    const told = ['restart', 'tea', '-e', 'production', '--by', 'bo@example.com', ...words.slice(1)];
    const byFlag = await slipway(all, told, variables);
    expect(byFlag.stderr).toBe('');
    expect(printed(byFlag.stdout).input).toMatchObject({
      service: 'tea',
      environment: 'production',
      requestedBy: 'bo@example.com',
    });
  });

  it('stand in the help, which marks nothing as required that is set', async () => {
    const { stdout } = await slipway(all, ['restart', '--help'], { SLIPWAY_ENVIRONMENT: 'cluster' });
    expect(stdout).toContain('Usage: slipway restart [options] [service]');
    expect(stdout.replace(/\s+/g, ' ')).toContain('the environment of the service (default: cluster, by SLIPWAY_ENVI');
  });

  it('leave alone what is about everything', async () => {
    const { stderr } = await slipway(all, ['freeze', '--reason', 'sale']);
    expect(stderr).toContain('all: must be given');
    expect(stderr).not.toContain('shop');
  });

  it.each([
    ['servce = "shop"', 'has servce, which is no setting; there are service, environment, user, catalog'],
    ['service = 3', 'has a service that is no text'],
    ['service = shop', 'line 1: Invalid TOML document'],
  ])('that cannot be understood are told in one line, but in the help: %s', async (text, says) => {
    const { exitCode, stderr } = await slipway(text, ['restart', '--reason', 'stale', '--print']);
    expect({ exitCode, stderr }).toEqual({
      exitCode: 2,
      stderr: expect.stringContaining(`error the settings file ${file} ${says}`),
    });
    expect(await slipway(text, ['restart', '--help'])).toMatchObject({ exitCode: 0, stderr: '' });
  });
});
