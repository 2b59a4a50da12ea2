import path from 'node:path';
import { execa } from 'execa';
import type { ProgramEnd, ProgramFolders } from '../ports/programs.ts';

/** Folders that hold programs and libraries, and no secret. What a machine does not have is left out. */
const programFolders = ['/usr', '/bin', '/sbin', '/lib', '/lib32', '/lib64', '/nix/store'];
/** Files of the machine that programs need to find users, hosts, time zones and certificates. */
const settings = [
  'alternatives',
  'ca-certificates',
  'group',
  'host.conf',
  'hosts',
  'ld.so.cache',
  'localtime',
  'nsswitch.conf',
  'passwd',
  'pki/tls/certs',
  'protocols',
  'resolv.conf',
  'services',
  'ssl/certs',
  'ssl/openssl.cnf',
].map((name) => `/etc/${name}`);
const askWithinMs = 10_000;

/** Where a confined program may write, and whether it has a network. */
interface Confinement {
  folders: ProgramFolders;
  home: string;
  cwd: string;
  offline: boolean;
  /** What the catalog gives to the program. */
  variables: Record<string, string>;
}

/**
 * Puts bubblewrap before a command. The program sees programs, libraries, its checkout and its home: no other file of
 * the worker, no process of it, and none of its own outlives it. Platform: bubblewrap, `bwrap(1)`.
 */
export function confined(
  command: readonly string[],
  { folders, home, cwd, offline, variables }: Confinement,
): string[] {
  const { folder, mirror } = folders;
  const given = placesOfVariables(variables);
  const readOnly = [...programFolders, ...settings, ...programPlaces(), ...given, ...(mirror === null ? [] : [mirror])];
  return [
    'bwrap',
    ...['--die-with-parent', '--unshare-user', '--unshare-pid', '--unshare-ipc', '--unshare-uts'],
    ...['--unshare-cgroup-try', '--cap-drop', 'ALL', ...(offline ? ['--unshare-net'] : [])],
    ...['--proc', '/proc', '--dev', '/dev', '--tmpfs', '/tmp'],
    ...readOnly.flatMap((place) => ['--ro-bind-try', place, place]),
    ...[folder, home].flatMap((place) => ['--bind', place, place]),
    ...['--chdir', cwd, '--', ...command],
  ];
}

/** Lists the folders of PATH, and those of the Node that runs this, which brings its own npm. */
function programPlaces(): string[] {
  const node = path.dirname(process.execPath);
  const ofPath = (process.env['PATH'] ?? '').split(path.delimiter).filter(isProgramFolder);
  return [node, path.join(node, '..', 'lib', 'node_modules'), ...ofPath];
}

/** Lists the folders that the catalog names in search paths, such as NODE_PATH: its packages are there. */
function placesOfVariables(variables: Record<string, string>): string[] {
  return Object.entries(variables)
    .filter(([name]) => name.endsWith('PATH'))
    .flatMap(([, value]) => value.split(path.delimiter))
    .filter((place) => path.isAbsolute(place) && path.normalize(place) !== '/');
}

/** A folder such as a home must not become readable because it stands in PATH. */
function isProgramFolder(place: string): boolean {
  return path.isAbsolute(place) && /bin$/.test(place);
}

/** Says why programs cannot be confined on this machine; null if they can. */
export async function obstacleToConfinement(): Promise<string | null> {
  const trial = confined(['true'], {
    folders: { folder: '/usr', mirror: null },
    home: '/usr',
    cwd: '/usr',
    offline: true,
    variables: {},
  });
  const { exitCode, code, stderr } = await execa('bwrap', trial.slice(1), {
    reject: false,
    timeout: askWithinMs,
    stdin: 'ignore',
  });
  if (exitCode === 0) return null;
  return code === 'ENOENT'
    ? 'bubblewrap is not installed on the machine of the worker'
    : `bubblewrap does not work on the machine of the worker (${stderr.split('\n')[0] ?? 'it gives no answer'})`;
}

/** Says that bubblewrap itself could not start the program, as a start without it would. */
export function withStart(end: ProgramEnd): ProgramEnd {
  const [, why] = (end.code === 1 && /(?:^|\n)bwrap: (?:execvp )?([^\n]+)\n*$/.exec(end.output)) || [];
  return why === undefined ? end : { ...end, code: null, missing: why, output: '' };
}
