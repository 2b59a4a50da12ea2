import path from 'node:path';
import type { CommandModule } from '../../cli/command.ts';
import { CommandError } from '../../cli/command-error.ts';
import { exitCodes } from '../../cli/exit-codes.ts';
import { flags } from '../../cli/flags.ts';
import { cleanLine } from '../../cli/text.ts';

interface Options {
  catalog?: string;
  dir?: string;
}

export const check: CommandModule<Options> = {
  flags: [flags.catalog, ['--dir <folder>', 'the former name of --catalog', { names: 'folders' }]],
  examples: ['./slipway catalog check', './slipway catalog check --catalog catalog/examples -o yaml'],
  run: async ({ output, environment }, options) => {
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
    output.result({ folder, services: [...catalog.services.keys()], problems, warnings });
    const lineOf = ({ file, line, path: at, message }: (typeof problems)[number]): string =>
      cleanLine([`${file}:${line}`, ...(at === '' ? [] : [at]), message].join(': '));
    for (const problem of problems) output.line(lineOf(problem));
    for (const warning of warnings) output.line(`${output.colors.yellow('warning')} ${lineOf(warning)}`);
    if (problems.length === 0)
      output.line(
        `${output.colors.green('ok')} ${folder}: ${[...catalog.services.keys()].join(', ') || 'no services'}`,
      );
    return problems.length === 0 ? exitCodes.ok : exitCodes.badInput;
  },
};
