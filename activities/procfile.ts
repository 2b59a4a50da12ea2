import type { CatalogEntry } from '../contract/catalog/catalog.ts';
import { placeInRepository, usesBuildpacks } from '../contract/catalog/build.ts';
import type { Problem } from '../contract/failures.ts';
import { procfileProcesses } from '../contract/procfile.ts';
import type { Ports } from './ports/index.ts';

const own = 'Procfile';
/** The template of the serverless profile, which has to stay the same. Origin: runbook 002, section 3. */
const template = 'Procfile.cloudrun';

/**
 * Finds what is wrong with the Procfiles of a commit that buildpacks will build (runbook 002, section 3). A commit that
 * is not known says nothing.
 */
export async function procfileProblems(
  sources: Ports['sources'],
  { repository, build, settings: { target } }: CatalogEntry,
  commit: string,
): Promise<Problem[]> {
  if (commit === '' || !build || !usesBuildpacks(build)) return [];
  const read = (name: string) => sources.file(repository, commit, placeInRepository(build, name));
  const [procfile, cloudrun] = await Promise.all([read(own), read(template)]);
  const problem = (message: string): Problem => ({ path: `build.${placeInRepository(build, own)}`, message });
  if (procfile === null)
    return cloudrun === null
      ? []
      : [problem(`commit ${commit.slice(0, 12)} has ${template} and no ${own}: buildpacks read ${own} alone`)];
  const web = webOf(procfile);
  const hasCommand = 'command' in target && target.command !== undefined;
  return [
    ...(web === undefined && !hasCommand
      ? [
          problem(
            'it has no web process, so nothing would say what the image starts: add one, or command to the target',
          ),
        ]
      : []),
    ...(cloudrun !== null && cloudrun.trim() !== procfile.trim() ? [problem(describe(web, webOf(cloudrun)))] : []),
  ];
}

function describe(web: string | undefined, other: string | undefined): string {
  const differ = web === other ? 'in other lines' : `web is ${shown(web)} here and ${shown(other)} there`;
  return `it differs from ${template}: ${differ}; change both together, or make one a link to the other`;
}

function shown(web: string | undefined): string {
  return web === undefined ? 'missing' : `\`${web.slice(0, 200)}\``;
}

function webOf(procfile: string): string | undefined {
  return procfileProcesses(procfile).get('web');
}
