import { mkdirSync } from 'node:fs';
import { openCallLog } from '../server/call-log.ts';
import type { Cloud } from './cloud.ts';
import { openFaults } from '../server/faults.ts';
import { openIdentity } from './identity.ts';
import { openOperations } from './operations.ts';
import { openPermissions } from '../server/permissions.ts';
import { openQuotas } from '../server/quota.ts';
import { createPipeline } from '../server/pipeline.ts';
import { openStore } from '../store/store.ts';
import { openTempo } from '../server/tempo.ts';
import { openWorld } from './world.ts';

export interface CloudOptions {
  dir: string;
  gitDir: string;
  httpPort: number;
  project?: string;
  region?: string;
  tempo?: unknown;
}

/** Opens the ground that all parts share. Whoever composes the parts binds logs, images and secrets. */
export function openCloud(options: CloudOptions): Cloud {
  mkdirSync(options.dir, { recursive: true });
  const store = openStore(options.dir);
  const calls = openCallLog(options.dir);
  const faults = openFaults(store);
  const tempo = openTempo(store, options.tempo);
  const permissions = openPermissions(store);
  const region = options.region ?? 'us-central1';
  const quotas = openQuotas(store, region);
  return {
    project: options.project ?? 'slipway-sandbox',
    region,
    dir: options.dir,
    gitDir: options.gitDir,
    httpPort: options.httpPort,
    store,
    calls,
    faults,
    permissions,
    identity: openIdentity(store),
    tempo,
    world: openWorld(store),
    quotas,
    operations: openOperations(store),
    pipeline: createPipeline({ faults, tempo, quotas, calls, permissions }),
    logs: unbound('logs'),
    images: unbound('images'),
    secrets: unbound('secrets'),
  };
}

function unbound<T extends object>(name: string): T {
  return new Proxy({} as T, {
    get: () => {
      throw new Error(`the emulator's ${name} were used before the parts were composed`);
    },
  });
}
