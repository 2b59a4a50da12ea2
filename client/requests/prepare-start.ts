import { inputDigest } from '../../activities/people/requests.ts';
import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import { isRollbackClass } from '../../contract/environment.ts';
import { taskQueue } from '../../contract/ids.ts';
import { keysOf, rolesOf } from '../../contract/people.ts';
import { requestStatement } from '../../contract/statement.ts';
import type { ChangeType, WorkflowInputs } from '../../contract/workflow-types.ts';
import { newRunId } from '../api/run-id.ts';
import type { Session } from '../cli/session.ts';
import { signText } from './signing.ts';

export interface StartFlags {
  id?: string;
  key?: string;
  print?: boolean;
}

export interface StartRequest<Type extends ChangeType> {
  workflowType: Type;
  workflowId: string;
  input: WorkflowInputs[Type];
}

/** A signed request is good for the start of one run, so it need not live long. */
const requestLifetimeMs = 3_600_000;

/**
 * Makes the request to start a run, signed where one of the catalog entries wants it. The signature is good for one
 * workflow id only. Throws a CommandError when nothing can sign.
 */
export async function prepareStart<Type extends ChangeType>(
  session: Session,
  workflowType: Type,
  input: WorkflowInputs[Type],
  entries: readonly CatalogEntry[],
  { id, key }: StartFlags,
): Promise<StartRequest<Type>> {
  const request = { workflowType, workflowId: id ?? newRunId(workflowType, input), input };
  const strict = entries.find(({ settings }) => settings.approvals.identity === 'signed');
  return strict || key !== undefined ? signRequest(session, request, key, strict) : request;
}

/** Prints a request for somebody who starts it in the Temporal UI. */
export function printRequest({ output }: Session, request: StartRequest<ChangeType>): void {
  const { workflowType, workflowId, input } = request;
  output.result({ taskQueue, workflowType, workflowId, input });
  output.line(`Task Queue     ${taskQueue}`);
  output.line(`Workflow Type  ${workflowType}`);
  output.line(`Workflow ID    ${workflowId}`);
  output.line(`Input\n${JSON.stringify(input)}`);
}

async function signRequest<Type extends ChangeType>(
  session: Session,
  request: StartRequest<Type>,
  file: string | undefined,
  entry: CatalogEntry | undefined,
): Promise<StartRequest<Type>> {
  const { workflowType: workflow, workflowId, input } = request;
  const by = input.requestedBy;
  const expires = new Date(Date.now() + requestLifetimeMs).toISOString();
  // The worker gets JSON: a field without a value does not arrive, so it is not signed either.
  const arriving = JSON.parse(JSON.stringify(input)) as Record<string, unknown>;
  const temporal = await (await session.slipway()).installation();
  const text = requestStatement({ temporal, workflow, workflowId, input: inputDigest(arriving), by, expires });
  try {
    const signature = await signText(session, text, { by, keys: keysOf(entry?.signers ?? [], by), file });
    return { ...request, input: { ...input, request: { expires, signature } } };
  } catch (error) {
    if (file !== undefined || !mayBreakGlass(workflow, by, entry)) throw error;
    session.output.note(
      `${by} cannot sign: the ${workflow} is requested unsigned, as break-glass, and this is recorded`,
    );
    return request;
  }
}

/** Tells whether this person may request it unsigned, by a break-glass role: what is of rollback class, and no more. */
function mayBreakGlass(workflow: ChangeType, by: string, entry: CatalogEntry | undefined): boolean {
  if (!isRollbackClass(workflow) || entry === undefined) return false;
  return rolesOf(entry.owners, entry.settings.approvals.breakGlass ?? [], by).length > 0;
}
