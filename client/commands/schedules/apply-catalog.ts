import { loadCatalog, type LoadedCatalog } from '../../../catalog/load.ts';
import { scheduledTypes } from '../../../contract/catalog/schedules.ts';
import type { AppliedSchedule, WantedSchedule } from '../../api/schedules.ts';
import { CommandError } from '../../cli/command-error.ts';
import { exitCodes, type ExitCode } from '../../cli/exit-codes.ts';
import type { Session } from '../../cli/session.ts';
import { catalogFolder, catalogVariables, fileProblems } from '../../requests/catalog.ts';
import { scheduleLine } from '../../view/schedules.ts';
import type { ApplyFlags } from './apply.ts';

/** Makes Temporal's schedules those of the catalog, or says what it would do. */
export async function applyCatalog({ output, ...session }: Session, options: ApplyFlags): Promise<ExitCode> {
  const catalog = await usableCatalog(catalogFolder(options.catalog, session.environment), session);
  const wanted = wantedSchedules(catalog);
  const dryRun = options.dryRun === true;
  const slipway = await session.slipway();
  const applied = await slipway.applySchedules(wanted, {
    dryRun,
    keeps: ({ service, environment }) => catalog.services.get(service)?.unusable.has(environment) === true,
  });
  output.result({ dryRun, schedules: applied });
  for (const one of applied)
    output.line(scheduleLine(one, wanted.find(isOf(one))?.schedule, { dryRun, colors: output.colors }));
  if (applied.length === 0) output.line('the catalog has no schedules, and Temporal has none of Slipway');
  return applied.some(({ action }) => action === 'foreign') ? exitCodes.failed : exitCodes.ok;
}

/**
 * Loads a catalog that says all that it has: of a file that cannot be read nobody knows its schedules, and they would
 * be deleted.
 */
async function usableCatalog(
  folder: string,
  { dir, environment }: { dir: string | undefined; environment: NodeJS.ProcessEnv },
): Promise<LoadedCatalog> {
  const hints = ['./slipway catalog check', './slipway schedules apply --help'];
  const catalog = await loadCatalog(folder, await catalogVariables(dir, environment)).catch(
    (error: NodeJS.ErrnoException) => {
      throw CommandError.notFound(`${folder} cannot be read: ${error.code ?? error.message}`, hints);
    },
  );
  const problems = fileProblems(catalog);
  if (problems.length > 0)
    throw CommandError.badInput(
      problems.map(({ file, line, path, message }) => ({ path: `${file}:${line}${path && ` ${path}`}`, message })),
      hints,
    );
  if (catalog.services.size === 0) throw CommandError.notFound(`${folder} has no services`, hints);
  return catalog;
}

function wantedSchedules({ services }: LoadedCatalog): WantedSchedule[] {
  return [...services.values()].flatMap(({ entry: { service, environments } }) =>
    Object.entries(environments).flatMap(([environment, { schedules = {} }]) =>
      scheduledTypes.flatMap((workflowType) => {
        const schedule = schedules[workflowType];
        return schedule ? [{ service, environment, workflowType, schedule }] : [];
      }),
    ),
  );
}

function isOf(applied: AppliedSchedule) {
  return ({ service, environment, workflowType }: WantedSchedule): boolean =>
    service === applied.service && environment === applied.environment && workflowType === applied.workflowType;
}
