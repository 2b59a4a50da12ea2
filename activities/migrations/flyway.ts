import { byVersion, nameIf, type Layout, type Version } from './layout.ts';

const versioned = /^(?:.*\/)?[VB]\d[\d._]*__[^/]+\.\w+$/;
const repeatable = /^(?:.*\/)?R__[^/]+\.\w+$/;
/** Scripts that run at each migration (platform: Flyway, callback events). */
const callback = /^(?:.*\/)?(?:before|after|create)[A-Z]\w*\.\w+$/;
const settings = /\.conf$/;
const undo = /^(?:.*\/)?U\d[\d._]*__[^/]+$/;

function versionOf(name: string): Version | null {
  const version = /(?:^|\/)[VB](\d+(?:[._]\d+)*)__/.exec(name)?.[1];
  return version === undefined ? null : version.split(/[._]/).map(BigInt);
}

/** Files whose names say what they are: versioned, repeatable, undo. Undo is never run here. */
export const flyway: Layout = {
  files: 'V<version>__<name>.sql',
  nameOf: (path) => {
    if (settings.test(path)) return null;
    return nameIf(versioned, path) ?? nameIf(repeatable, path) ?? nameIf(callback, path);
  },
  ignores: (path) => settings.test(path) || undo.test(path),
  runsAgain: (path) => !versioned.test(path),
  versionOf,
  order: byVersion(versionOf),
};
