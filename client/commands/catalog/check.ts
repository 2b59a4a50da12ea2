import path from 'node:path';
import type { LoadedCatalog } from '../../../catalog/load.ts';
import type { CommandModule } from '../../cli/command.ts';
import { CommandError } from '../../cli/command-error.ts';
import { exitCodes } from '../../cli/exit-codes.ts';
import { flags } from '../../cli/flags.ts';
import type { Session } from '../../cli/session.ts';
import { cleanLine } from '../../cli/text.ts';
import type { LiveEnvironment } from './check-live.ts';

interface Options {
  catalog?: string;
  dir?: string;
  live?: boolean;
}

export const check: CommandModule<Options> = {
  description: [
    'Reads every file of the catalog and says what is wrong with it. With --live it also asks the platform of each',
    'environment, by your own credentials, for what a release needs there: permissions, service, jobs, secrets,',
    'images. It makes and changes nothing.',
  ].join(' '),
  flags: [
    flags.catalog,
    ['--live', 'ask the platforms, too'],
    ['--dir <folder>', 'the former name of --catalog', { names: 'folders' }],
  ],
  examples: [
    './slipway catalog check',
    './slipway catalog check --live',
    './slipway catalog check --catalog catalog/examples -o yaml',
  ],
  run: async (session, options) => {
    const { output, environment } = session;
    const [
      { loadCatalog },
      { reservedPathWarnings },
      { trustedRootProblems },
      { catalogFolder, catalogVariables },
      { standInVariables },
    ] = await Promise.all([
      import('../../../catalog/load.ts'),
      import('../../../catalog/reserved-paths.ts'),
      import('../../../catalog/trusted-roots.ts'),
      import('../../requests/catalog.ts'),
      import('../../../sandbox/people.ts'),
    ]);
    const folder = catalogFolder(options.catalog ?? options.dir, environment);
    const catalog = await loadCatalog(folder, {
      ...standInVariables,
      ...(await catalogVariables(undefined, environment)),
    }).catch((error: NodeJS.ErrnoException) => {
      throw CommandError.notFound(`${folder} cannot be read: ${error.code ?? error.message}`);
    });
    const ofRoots = await trustedRootProblems(folder, catalog.services.values());
    const located = <Found extends { file: string }>(found: readonly Found[]): Found[] =>
      found.map((one) => ({ ...one, file: path.relative(process.cwd(), one.file) || one.file }));
    const problems = located([...catalog.problems, ...ofRoots]);
    const warnings = located(reservedPathWarnings(catalog.services.values()));
    const lineOf = ({ file, line, path: at, message }: (typeof problems)[number]): string =>
      cleanLine([`${file}:${line}`, ...(at === '' ? [] : [at]), message].join(': '));
    for (const problem of problems) output.line(lineOf(problem));
    for (const warning of warnings) output.line(`${output.colors.yellow('warning')} ${lineOf(warning)}`);
    if (problems.length === 0)
      output.line(
        `${output.colors.green('ok')} ${folder}: ${[...catalog.services.keys()].join(', ') || 'no services'}`,
      );
    const live = options.live ? await checkedLive({ ...session, dir: undefined }, catalog) : undefined;
    output.result({
      folder,
      services: [...catalog.services.keys()],
      problems,
      warnings,
      ...(live && { live }),
    });
    if (problems.length > 0) return exitCodes.badInput;
    const isLacking = live?.some(({ checks }) => checks.some(({ verdict }) => verdict === 'fail')) ?? false;
    return isLacking ? exitCodes.failed : exitCodes.ok;
  },
};

/** Loads what asks platforms only for who wants them asked. */
async function checkedLive(session: Session, catalog: LoadedCatalog): Promise<LiveEnvironment[]> {
  const { checkCatalogLive } = await import('./check-live.ts');
  return checkCatalogLive(session, catalog);
}
