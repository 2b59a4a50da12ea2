import { chooseConnection } from '../api/connection.ts';
import { SlipwayError } from '../api/errors.ts';
import type { Session } from '../cli/session.ts';
import { readSettings, settingVariables, type SettingName } from '../cli/settings.ts';
import { catalogFolder } from './catalog.ts';
import { currentPerson } from './current-person.ts';

interface Effective {
  /** Null where nothing is set and nothing stands in. */
  value: string | null;
  from: string;
}

/** Lists what holds where a command is not told, with what has set it. */
export async function effectiveSettings({ dir, environment }: Pick<Session, 'dir' | 'environment'>): Promise<{
  file: string;
  settings: Record<SettingName | 'temporal' | 'namespace', Effective>;
}> {
  // What the file has set stands among the variables of the session: the process's own say which is which.
  const { file, values } = await readSettings(process.env);
  const others: Record<SettingName, () => Promise<Effective> | Effective> = {
    service: () => notSet(settingVariables.service),
    environment: () => notSet(settingVariables.environment),
    user: async () => {
      const value = await currentPerson(undefined, environment);
      return value === undefined ? notSet(settingVariables.user) : { value, from: 'git config user.email' };
    },
    catalog: () => ({ value: catalogFolder(undefined, environment), from: 'this project' }),
  };
  const of = async (name: SettingName): Promise<Effective> => values[name] ?? others[name]();
  return {
    file,
    settings: {
      service: await of('service'),
      environment: await of('environment'),
      user: await of('user'),
      catalog: await of('catalog'),
      ...(await temporalOf(dir, environment)),
    },
  };
}

async function temporalOf(
  dir: string | undefined,
  environment: NodeJS.ProcessEnv,
): Promise<{ temporal: Effective; namespace: Effective }> {
  try {
    const { options, namespace, source } = await chooseConnection(dir, environment);
    return { temporal: { value: options.address, from: source }, namespace: { value: namespace, from: source } };
  } catch (error) {
    if (!(error instanceof SlipwayError)) throw error;
    const none = { value: null, from: error.message };
    return { temporal: none, namespace: none };
  }
}

function notSet(variable: string): Effective {
  return { value: null, from: `not set: ${variable}, or the settings file` };
}
