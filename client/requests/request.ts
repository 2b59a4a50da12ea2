import { catalogTrain } from '../../catalog/load.ts';
import { inputDigest } from '../../activities/people/requests.ts';
import { keysOf } from '../../contract/catalog/approval-policy.ts';
import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import { taskQueue } from '../../contract/ids.ts';
import { rolesOf } from '../../contract/people.ts';
import { requestStatement } from '../../contract/statement.ts';
import { catalogFolder, catalogVariables, localCatalog, lookUpPlace } from './catalog-place.ts';
import { newRunId } from '../api/run-id.ts';
import { signText } from './signing.ts';
import type { Session } from '../cli/session.ts';

export interface RequestFlags {
  id?: string;
  catalog?: string;
  key?: string;
  print?: boolean;
}

interface Asked {
  service: string;
  requestedBy: string;
  commit?: string | undefined;
}

/** A signed request is good for the start of one run, so it need not live long. */
const goodForMs = 3_600_000;

/**
 * What is started: the input with its signature, where the catalog wants one, and the workflow id that it is signed
 * for. Null when it was to be printed only, for somebody who starts it in the Temporal UI.
 */
export async function prepared<T extends Asked>(
  session: Session,
  workflow: string,
  environment: string | undefined,
  input: T,
  flags: RequestFlags,
): Promise<{ input: T; workflowId: string } | null> {
  const workflowId =
    flags.id ??
    newRunId({
      type: workflow,
      service: input.service,
      ...(environment === undefined ? {} : { environment }),
      ...(input.commit === undefined ? {} : { commit: input.commit }),
    });
  const places = await placesOf(session, input.service, environment, flags.catalog);
  const strict = places.find(({ settings }) => settings.approvals.identity === 'signed');
  const sent =
    strict || flags.key !== undefined ? await signed(session, workflow, workflowId, input, flags.key, strict) : input;
  if (flags.print !== true) return { input: sent, workflowId };
  session.output.result({ taskQueue, workflowType: workflow, workflowId, input: sent });
  session.output.line(
    `Task Queue     ${taskQueue}\nWorkflow Type  ${workflow}\nWorkflow ID    ` +
      `${workflowId}\nInput\n${JSON.stringify(sent)}`,
  );
  return null;
}

async function signed<T extends Asked>(
  session: Session,
  workflow: string,
  workflowId: string,
  input: T,
  file: string | undefined,
  entry: CatalogEntry | undefined,
): Promise<T> {
  const by = input.requestedBy;
  const expires = new Date(Date.now() + goodForMs).toISOString();
  // As it will arrive: fields without a value are not sent.
  const asSent = JSON.parse(JSON.stringify(input)) as Record<string, unknown>;
  const text = requestStatement({ workflow, workflowId, input: inputDigest(asSent), by, expires });
  try {
    return {
      ...input,
      request: {
        expires,
        signature: await signText(session, text, { by, keys: keysOf(entry?.signers ?? [], by), file }),
      },
    };
  } catch (error) {
    const mayBreak =
      workflow === 'rollback' &&
      file === undefined &&
      entry !== undefined &&
      rolesOf(entry.owners, entry.settings.approvals.breakGlass ?? [], by).length > 0;
    if (!mayBreak) throw error;
    session.output.note(`${by} cannot sign, and asks for the rollback unsigned: break-glass, which is recorded`);
    return input;
  }
}

/** The places that a run goes to, as far as this machine's catalog knows; the worker's is what counts. */
async function placesOf(
  session: Session,
  service: string,
  environment: string | undefined,
  flag: string | undefined,
): Promise<CatalogEntry[]> {
  if (environment !== undefined) {
    const { entry } = await lookUpPlace(session, flag, { service, environment });
    return entry ? [entry] : [];
  }
  const catalog = await localCatalog(
    catalogFolder(flag, session.environment),
    await catalogVariables(session.dir, session.environment),
  );
  const train = catalog ? catalogTrain(catalog, service) : { stops: [] };
  return 'stops' in train ? train.stops : [];
}
