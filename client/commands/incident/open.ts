import { categoryNames, kebab } from '../../../contract/incident/categories/index.ts';
import { severities } from '../../../contract/incident/severity.ts';
import { incidentWorkflowId } from '../../../contract/ids.ts';
import { slipwayLine } from '../../../contract/shell-word.ts';
import { CommandError } from '../../cli/command-error.ts';
import type { CommandModule } from '../../cli/command.ts';
import { exitCodes } from '../../cli/exit-codes.ts';

import { flags, required, serviceArgument } from '../../cli/flags.ts';
import { placeOfRun } from '../../view/place-of-run.ts';

interface Options {
  environment?: string;
  title?: string;
  severity?: string;
  category?: string;
  onset?: string;
  by?: string;
}

export const open: CommandModule<Options> = {
  description: 'One incident of a service, an environment and a cause: a second one of the same cause is refused.',
  arguments: [serviceArgument],
  flags: [
    flags.ownEnvironment,
    required(['--title <text>', 'what is wrong, in one line']),
    ['--severity <severity>', `${severities.join(', ')} (default: SEV-2)`, { names: severities }],
    ['--category <category>', `${categoryNames.join(', ')} (default: not known)`, { names: categoryNames }],
    ['--onset <time>', 'when it began, such as 2026-03-01T18:00:00Z (default: now)'],
    flags.by,
  ],
  examples: [
    "./slipway incident open openagents-runtime --environment production --title 'no run starts' --severity SEV-1",
  ],
  connects: true,
  run: async (session, { by, ...fields }, service) => {
    const [{ incidentInput, parseInput }, { currentPerson }, { noteNobodyWorks }] = await Promise.all([
      import('../../../contract/inputs.ts'),
      import('../../requests/current-person.ts'),
      import('../../requests/no-worker.ts'),
    ]);
    const openedBy = await currentPerson(by, session.environment);
    const parsed = parseInput(incidentInput, { service, openedBy, ...fields });
    if ('problems' in parsed) throw CommandError.badInput(parsed.problems);
    const { input } = parsed;
    const cause = kebab(input.category ?? input.title);
    const workflowId = incidentWorkflowId(input.service, input.environment, cause);
    const slipway = await session.slipway();
    const started = await slipway.start('incident', input, workflowId);
    session.output.result(started);
    session.output.line(`opened ${workflowId}`);
    session.output.line(`  ${placeOfRun(started)}`);
    if (started.link) session.output.line(`  ${started.link}`);
    session.output.line(`  ${slipwayLine('incident show', workflowId)}`);
    await noteNobodyWorks(session, slipway);
    return exitCodes.ok;
  },
};
