import { createHash } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync } from 'node:fs';
import { join } from 'node:path';
import type { Cloud, LoggingPart, RegistryPart, SecretsPart } from './core/cloud.ts';

/** The least that Cloud Run needs of the other parts, for a run without them. */
export function minimalLogging(cloud: Cloud): LoggingPart {
  const kept = cloud.store.collection<unknown>('minimal-log');
  let seq = kept.list().length;
  return { logs: { write: (entry) => kept.put(String(++seq).padStart(9, '0'), entry) } };
}

export function minimalRegistry(cloud: Cloud): RegistryPart {
  const kept = cloud.store.collection<{ digest: string; path: string }>('minimal-images');
  return {
    images: {
      resolve: (reference) => kept.get(reference),
      add: async (reference, folder) => {
        const digest = `sha256:${digestOf(folder)}`;
        const path = join(cloud.dir, 'images', digest.slice(7));
        if (!existsSync(path)) {
          mkdirSync(path, { recursive: true });
          cpSync(folder, path, { recursive: true });
        }
        const [repository = reference] = reference.split(/[:@](?=[^/]*$)/);
        for (const name of [reference, `${repository}@${digest}`]) kept.put(name, { digest, path });
        return { digest, path };
      },
    },
  };
}

export function minimalSecrets(): SecretsPart {
  return { secrets: { access: (name, version) => Buffer.from(`${name}/${version}`) } };
}

function digestOf(folder: string): string {
  const hash = createHash('sha256');
  for (const name of readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort()) {
    const path = join(folder, name);
    if (statSync(path).isFile()) hash.update(name).update('\0').update(readFileSync(path)).update('\0');
  }
  return hash.digest('hex');
}
