import { z } from 'zod';
import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import { isRollbackClass } from '../../contract/environment.ts';
import { taskQueue as ownTaskQueue } from '../../contract/ids.ts';
import { kebab } from '../../contract/incident/categories/index.ts';
import { canonicalPerson, keysOf, peopleOf, rolesOf, samePerson } from '../../contract/people.ts';
import { armored, requestStatement, signatureNamespace, type RequestStatement } from '../../contract/statement.ts';
import { utcMoment } from '../../contract/utc-moment.ts';
import { workflowTypes } from '../../contract/workflow-types.ts';
import { canonicalJson, sha256 } from '../../catalog/canonical-json.ts';
import type { Ports } from '../ports/index.ts';

export interface RequestCheck {
  service: string;
  /** The environment whose policy wants the request signed. */
  environment: string;
  workflow: string;
  workflowId: string;
  /** The run that asks; absent in a question of an earlier version. */
  runId?: string;
  requestedBy: string;
  /** The input as it was sent, its field `request` included. */
  input: Record<string, unknown>;
  at: string;
}

/** The run that has started another one. */
interface ReleaseQuestion {
  workflowId: string;
  runId: string;
  /** The run that was started; absent in a question of an earlier version. */
  started?: { workflowId: string; requestedBy: string };
  /** That of the run that was started; absent in a question of an earlier version. */
  taskQueue?: string;
}

/**
 * Says how the request was proven. `breakGlass` is unsigned, by somebody whom the catalog lets roll back all the same
 * (invariant I6).
 */
export type RequestVerdict =
  { kind: 'signed' } | { kind: 'breakGlass'; role: string } | { kind: 'refused'; why: string };

/** The part of an incident's status that says who has signed which mitigation. */
const signedMitigations = z.object({
  mitigations: z.array(z.object({ workflowId: z.string(), by: z.string(), signedWith: z.string().optional() })),
});

/**
 * A request is good for what is started now. A workflow id may be used again, and then an old request must not count.
 */
const maxRequestHours = 24;
const hourMs = 3_600_000;

/** Checks that the named requester asked for exactly this, where approvals are signed. */
export function createRequestActivities({
  catalog,
  connection,
  signatures,
  runs,
}: Pick<Ports, 'catalog' | 'connection' | 'signatures' | 'runs'>) {
  return {
    async checkRequest(check: RequestCheck): Promise<RequestVerdict> {
      const { service, environment, requestedBy, workflow } = check;
      const entry = await catalog.resolve(service, environment);
      if ('message' in entry) throw new Error(`the catalog does not say whose keys count: ${entry.message}`);
      const { request } = check.input as { request?: { expires: string; signature: string } };
      const [role] = rolesOf(entry.owners, entry.settings.approvals.breakGlass ?? [], requestedBy);
      if (request === undefined && isRollbackClass(workflow) && role !== undefined) return { kind: 'breakGlass', role };
      const temporal = await connection.installation();
      const why =
        request === undefined
          ? 'has no signature'
          : ((await objectionTo(check, request, temporal, keysOf(entry.signers, requestedBy))) ??
            (await whyUsed(check, request)));
      return why === null
        ? { kind: 'signed' }
        : { kind: 'refused', why: `${why}; ${signingInstructions(check, temporal)}${breakGlassHint(check, entry)}` };
    },

    /**
     * Says whether a run of ours has asked for the signature already: a release, or an incident whose mitigation the
     * requester has signed. Ours are on the same task queue. A type name alone proves nothing, since anybody can run a
     * worker on a task queue of their own.
     */
    async isRelease({ workflowId, runId, started, taskQueue = ownTaskQueue }: ReleaseQuestion): Promise<boolean> {
      const run = await runs.describe(workflowId, runId);
      if (run?.taskQueue !== taskQueue) return false;
      if (run.type === workflowTypes.release) return true;
      return run.type === workflowTypes.incident && started !== undefined && hasSigned(workflowId, runId, started);
    },
  };

  /** Asks an incident whether the requester has signed the mitigation that began this run. */
  async function hasSigned(
    workflowId: string,
    runId: string,
    { workflowId: begun, requestedBy }: { workflowId: string; requestedBy: string },
  ): Promise<boolean> {
    const { data } = signedMitigations.safeParse(await runs.statusOf(workflowId, runId));
    const found = data?.mitigations.find((one) => one.workflowId === begun);
    return found?.signedWith !== undefined && samePerson(found.by, requestedBy);
  }

  /** A request is good for one run. Its end names it: who asks again signs again. */
  async function whyUsed(
    { workflowId, runId }: RequestCheck,
    { expires }: { expires: string },
  ): Promise<string | null> {
    if (runId === undefined) return null;
    const used = (await runs.inputsOf(workflowId)).find(
      (other) => other.runId !== runId && expiryIn(other.input) === expires,
    );
    return used ? `was used already, by run ${used.runId} of this workflow id` : null;
  }

  async function objectionTo(
    check: RequestCheck,
    { expires, signature: pasted }: { expires: string; signature: string },
    temporal: string,
    keys: string[],
  ): Promise<string | null> {
    const left = Date.parse(expires) - Date.parse(check.at);
    if (left <= 0) return `was valid until ${utcMoment(expires)}`;
    if (left > maxRequestHours * hourMs)
      return `expires at ${utcMoment(expires)}, but may be valid for at most ${maxRequestHours} hours`;
    if (keys.length === 0) return `cannot be verified: the catalog has no key of ${check.requestedBy} under signers`;
    const signature = armored(pasted);
    if (signature === undefined) return 'has no SSH signature in its field signature';
    const text = requestStatement(statementOf(check, temporal, expires));
    const verdict = await signatures.verify({ text, signature, keys });
    return verdict.valid
      ? null
      : `is not signed by ${check.requestedBy} for this input and workflow id: ${verdict.reason}`;
  }
}

/** Hashes an input without its request: JSON with sorted keys and no blanks, as `jq -cjS 'del(.request)'` writes it. */
export function inputDigest({ request: _request, ...input }: Record<string, unknown>): string {
  return sha256(canonicalJson(input));
}

/** Finds the end of a request in an input that nobody has parsed. */
function expiryIn(input: unknown): unknown {
  const { request } = (input ?? {}) as { request?: { expires?: unknown } | null };
  return request?.expires;
}

function statementOf(
  { workflow, workflowId, input, requestedBy }: RequestCheck,
  temporal: string,
  expires: string,
): RequestStatement {
  return { temporal, workflow, workflowId, input: inputDigest(input), by: canonicalPerson(requestedBy), expires };
}

/** Names the other way of a rollback or a restart: unsigned, by somebody who may break the glass (invariant I6). */
function breakGlassHint({ workflow }: RequestCheck, { owners, settings }: CatalogEntry): string {
  if (!isRollbackClass(workflow)) return '';
  const people = peopleOf(owners, settings.approvals.breakGlass ?? []).join(', ');
  return `; or one of these people requests it without a signature, as break-glass: ${people || 'nobody here'}`;
}

/** Gives the exact commands that sign a request, for somebody with nothing but the Temporal UI and OpenSSH. */
function signingInstructions(check: RequestCheck, temporal: string): string {
  const expires = new Date(Date.parse(check.at) + hourMs).toISOString();
  const lines = requestStatement(statementOf(check, temporal, expires))
    .trimEnd()
    .split('\n');
  const quoted = lines.map((line) => `'${line.replaceAll("'", `'\\''`)}'`).join(' ');
  const sign = `printf '%s\\n' ${quoted} | ssh-keygen -Y sign -n ${signatureNamespace} -f ~/.ssh/id_ed25519`;
  return (
    `./slipway ${kebab(check.workflow)} signs it for you. ` +
    `By hand: start it again with the same workflow id and input, ` +
    `and with "request": ${JSON.stringify({ expires, signature: '…' })}, the signature printed by: ${sign}`
  );
}
