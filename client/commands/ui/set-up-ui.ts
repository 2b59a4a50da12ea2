import type { AttributeState } from '../../api/search-attributes.ts';
import { SlipwayError } from '../../api/errors.ts';
import type { SlipwayClient } from '../../api/slipway-client.ts';
import { exitCodes, type ExitCode } from '../../cli/exit-codes.ts';
import type { Session } from '../../cli/session.ts';
import { columnsLine, listColumns, listViews, viewLink } from '../../requests/list-views.ts';
import { uiSetupLines, type UiSetup } from '../../view/ui-setup.ts';
import type { SetupFlags } from './setup.ts';

/** Creates the search attributes that are missing, and tells how a browser gets the views and the columns. */
export async function setUpUi({ output, ...session }: Session, { dryRun = false }: SetupFlags): Promise<ExitCode> {
  const slipway = await session.slipway();
  const list = slipway.listLink() ?? null;
  const attributes = await attributesAfter(slipway, dryRun);
  const setup: UiSetup = {
    attributes,
    columns: [...listColumns],
    columnsLine: columnsLine(slipway.namespace),
    list,
    views: listViews.map((view) => ({ ...view, link: list === null ? null : viewLink(list, view) })),
  };
  output.result({ dryRun, ...setup });
  for (const line of uiSetupLines(setup, output.colors)) output.line(line);
  const isWhole = attributes.every(({ state }) => ['there', 'created', 'would be created'].includes(state));
  return isWhole ? exitCodes.ok : exitCodes.failed;
}

/** Creates what is missing. Whoever may not do that is told so: an administrator can. */
async function attributesAfter(slipway: SlipwayClient, dryRun: boolean): Promise<UiSetup['attributes']> {
  const found = await slipway.searchAttributes();
  const missing = found.filter(isMissing);
  if (missing.length === 0) return found;
  if (dryRun) return found.map((one) => (isMissing(one) ? { ...one, state: 'would be created' } : one));
  try {
    await slipway.createSearchAttributes(missing.map(({ name }) => name));
    return found.map((one) => (isMissing(one) ? { ...one, state: 'created' } : one));
  } catch (error) {
    if (!(error instanceof SlipwayError)) throw error;
    const { message: reason } = error;
    return found.map((one) => (isMissing(one) ? { ...one, reason } : one));
  }
}

function isMissing({ state }: AttributeState): boolean {
  return state === 'missing';
}
