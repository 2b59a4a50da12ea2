import { readFile } from 'node:fs/promises';
import { homedir } from 'node:os';
import path from 'node:path';
import { CommandError } from './command-error.ts';
import { exitCodes } from './exit-codes.ts';

/** What a person sets once, by its key in the settings file, with the variable that goes before the file. */
export const settingVariables = {
  service: 'SLIPWAY_SERVICE',
  environment: 'SLIPWAY_ENVIRONMENT',
  user: 'SLIPWAY_USER',
  catalog: 'SLIPWAY_CATALOG',
} as const;

export type SettingName = keyof typeof settingVariables;

/** A value that was set, and by what: a variable, or the settings file. */
export interface Setting {
  value: string;
  from: string;
}

export interface Settings {
  /** The settings file; it need not exist. */
  file: string;
  values: Partial<Record<SettingName, Setting>>;
  /** The variables of the process, with those that only the file sets. */
  environment: NodeJS.ProcessEnv;
}

const names = Object.keys(settingVariables) as SettingName[];

/** Names the settings file: SLIPWAY_CONFIG_FILE, else `slipway/config.toml` where the person's settings are. */
function settingsFile(environment: NodeJS.ProcessEnv): string {
  if (environment['SLIPWAY_CONFIG_FILE']) return path.resolve(environment['SLIPWAY_CONFIG_FILE']);
  const home = environment['XDG_CONFIG_HOME'] || path.join(environment['HOME'] || homedir(), '.config');
  return path.join(home, 'slipway', 'config.toml');
}

/** Reads what is set. A variable goes before the file. Throws a CommandError where the file cannot be understood. */
export async function readSettings(environment: NodeJS.ProcessEnv): Promise<Settings> {
  const file = settingsFile(environment);
  const inFile = await readSettingsFile(file);
  const values: Settings['values'] = {};
  for (const name of names) {
    const variable = settingVariables[name];
    if (environment[variable]) values[name] = { value: environment[variable], from: variable };
    else if (inFile[name] !== undefined) values[name] = { value: inFile[name], from: file };
  }
  const set = names.flatMap((name) => (values[name] ? [[settingVariables[name], values[name].value]] : []));
  return { file, values, environment: { ...environment, ...(Object.fromEntries(set) as Record<string, string>) } };
}

async function readSettingsFile(file: string): Promise<Partial<Record<SettingName, string>>> {
  const text = await readFile(file, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return null;
    throw badFile(file, `cannot be read: ${error.code ?? error.message}`);
  });
  if (text === null) return {};
  const { parse } = await import('smol-toml');
  const table = parsed(() => parse(text), file);
  const known = (key: string): key is SettingName => names.some((name) => name === key);
  const entries = Object.entries(table).map(([key, value]) => {
    if (!known(key)) throw badFile(file, `has ${key}, which is no setting; there are ${names.join(', ')}`);
    if (typeof value !== 'string' || value === '') throw badFile(file, `has a ${key} that is no text`);
    return [key, key === 'catalog' ? path.resolve(path.dirname(file), value) : value];
  });
  return Object.fromEntries(entries) as Partial<Record<SettingName, string>>;
}

function parsed(parse: () => object, file: string): object {
  try {
    return parse();
  } catch (error) {
    const [first = ''] = (error instanceof Error ? error.message : String(error)).split('\n');
    const { line } = error as { line?: number };
    throw badFile(file, `${line === undefined ? '' : `line ${line}: `}${first}`);
  }
}

function badFile(file: string, problem: string): CommandError {
  return new CommandError(`the settings file ${file} ${problem}`, {
    exitCode: exitCodes.badInput,
    code: 'BadConfiguration',
  });
}
