import type { CoreV1Api } from '@kubernetes/client-node';
import { ApiException } from '@kubernetes/client-node';

/** A container that cannot be started as it is configured: CreateContainerConfigError. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

type Data = Map<string, Buffer>;
type Kind = 'ConfigMap' | 'Secret';

/** Reads ConfigMaps and Secrets of one namespace. A missing one is a ConfigError, unless it is optional. */
export interface ConfigReader {
  configMap(name: string, optional: boolean): Promise<Data | undefined>;
  secret(name: string, optional: boolean): Promise<Data | undefined>;
  key(kind: Kind, reference: { name?: string; key: string; optional?: boolean }): Promise<string | undefined>;
}

export function configReader(
  core: Pick<CoreV1Api, 'readNamespacedConfigMap' | 'readNamespacedSecret'>,
  namespace: string,
): ConfigReader {
  const configMap = async (name: string, optional: boolean): Promise<Data | undefined> => {
    const found = await existing(core.readNamespacedConfigMap({ name, namespace }));
    if (!found && !optional) throw new ConfigError(`configmap "${name}" not found`);
    return found && new Map([...entries(found.data, 'utf8'), ...entries(found.binaryData, 'base64')]);
  };
  const secret = async (name: string, optional: boolean): Promise<Data | undefined> => {
    const found = await existing(core.readNamespacedSecret({ name, namespace }));
    if (!found && !optional) throw new ConfigError(`secret "${name}" not found`);
    return found && new Map(entries(found.data, 'base64'));
  };
  return {
    configMap,
    secret,
    key: async (kind, { name = '', key, optional = false }) => {
      const data = await (kind === 'Secret' ? secret : configMap)(name, optional);
      const value = data?.get(key);
      if (data && !value && !optional)
        throw new ConfigError(`couldn't find key ${key} in ${kind} ${namespace}/${name}`);
      return value?.toString('utf8');
    },
  };
}

function entries(data: Record<string, string> | undefined, encoding: 'utf8' | 'base64'): [string, Buffer][] {
  return Object.entries(data ?? {}).map(([key, value]) => [key, Buffer.from(value, encoding)]);
}

async function existing<T>(reading: Promise<T>): Promise<T | undefined> {
  try {
    return await reading;
  } catch (error) {
    if (error instanceof ApiException && error.code === 404) return undefined;
    throw error;
  }
}
