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
    const [{ loadCatalog }, { trustedRootProblems }, { catalogFolder, catalogVariables }, { standInVariables }] =
      await Promise.all([
        import('../../../catalog/load.ts'),
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
    const problems = [...catalog.problems, ...ofRoots].map((problem) => ({
      ...problem,
      file: path.relative(process.cwd(), problem.file) || problem.file,
    }));
    output.result({ folder, services: [...catalog.services.keys()], problems });
    for (const { file, line, path: at, message } of problems)
      output.line(cleanLine([`${file}:${line}`, ...(at === '' ? [] : [at]), message].join(': ')));
    if (problems.length === 0)
      output.line(
        `${output.colors.green('ok')} ${folder}: ${[...catalog.services.keys()].join(', ') || 'no services'}`,
      );
    return problems.length === 0 ? exitCodes.ok : exitCodes.badInput;
  },
};
