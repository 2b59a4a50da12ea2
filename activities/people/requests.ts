import type { CatalogEntry } from '../../contract/catalog/catalog.ts';
import { isRollbackClass } from '../../contract/environment.ts';
import { kebab } from '../../contract/incident/categories/index.ts';
import { canonicalPerson, keysOf, peopleOf, rolesOf } from '../../contract/people.ts';
import { armored, requestStatement, signatureNamespace, type RequestStatement } from '../../contract/statement.ts';
import { utcMoment } from '../../contract/utc-moment.ts';
import { canonicalJson, sha256 } from '../../catalog/load.ts';
import type { Ports } from '../ports/index.ts';

export interface RequestCheck {
  service: string;
  /** The environment whose policy wants the request signed. */
  environment: string;
  workflow: string;
  workflowId: string;
  requestedBy: string;
  /** The input as it was sent, its field `request` included. */
  input: Record<string, unknown>;
  at: string;
}

/**
 * Says how the request was proven. `breakGlass` is unsigned, by somebody whom the catalog lets roll back all the same
 * (invariant I6).
 */
export type RequestVerdict =
  { kind: 'signed' } | { kind: 'breakGlass'; role: string } | { kind: 'refused'; why: string };

/**
 * A request is good for what is started now. A workflow id may be used again, and then an old request must not count.
 */
const maxRequestHours = 24;
const hourMs = 3_600_000;

/** Checks that the named requester asked for exactly this, where approvals are signed. */
export function createRequestActivities({ catalog, signatures, runs }: Pick<Ports, 'catalog' | 'signatures' | 'runs'>) {
  return {
    async checkRequest(check: RequestCheck): Promise<RequestVerdict> {
      const { service, environment, requestedBy, workflow } = check;
      const entry = await catalog.resolve(service, environment);
      if ('message' in entry) throw new Error(`the catalog does not say whose keys count: ${entry.message}`);
      const { request } = check.input as { request?: { expires: string; signature: string } };
      const [role] = rolesOf(entry.owners, entry.settings.approvals.breakGlass ?? [], requestedBy);
      if (request === undefined && isRollbackClass(workflow) && role !== undefined) return { kind: 'breakGlass', role };
      const why =
        request === undefined
          ? 'has no signature'
          : await objectionTo(check, request, keysOf(entry.signers, requestedBy));
      return why === null
        ? { kind: 'signed' }
        : { kind: 'refused', why: `${why}; ${signingInstructions(check)}${breakGlassHint(check, entry)}` };
    },

    /** Says whether a run is a release. It asks for its stops, and was itself asked for. */
    async isRelease({ workflowId, runId }: { workflowId: string; runId: string }): Promise<boolean> {
      return (await runs.typeOf(workflowId, runId)) === 'release';
    },
  };

  async function objectionTo(
    check: RequestCheck,
    { expires, signature: pasted }: { expires: string; signature: string },
    keys: string[],
  ): Promise<string | null> {
    const left = Date.parse(expires) - Date.parse(check.at);
    if (left <= 0) return `was valid until ${utcMoment(expires)}`;
    if (left > maxRequestHours * hourMs)
      return `expires at ${utcMoment(expires)}, but may be valid for at most ${maxRequestHours} hours`;
    if (keys.length === 0) return `cannot be verified: the catalog has no key of ${check.requestedBy} under signers`;
    const signature = armored(pasted);
    if (signature === undefined) return 'has no SSH signature in its field signature';
    const verdict = await signatures.verify({ text: requestStatement(statementOf(check, expires)), signature, keys });
    return verdict.valid
      ? null
      : `is not signed by ${check.requestedBy} for this input and workflow id: ${verdict.reason}`;
  }
}

/** Hashes an input without its request: JSON with sorted keys and no blanks, as `jq -cjS 'del(.request)'` writes it. */
export function inputDigest({ request: _request, ...input }: Record<string, unknown>): string {
  return sha256(canonicalJson(input));
}

function statementOf({ workflow, workflowId, input, requestedBy }: RequestCheck, expires: string): RequestStatement {
  return { workflow, workflowId, input: inputDigest(input), by: canonicalPerson(requestedBy), expires };
}

/** Names the other way of a rollback or a restart: unsigned, by somebody who may break the glass (invariant I6). */
function breakGlassHint({ workflow }: RequestCheck, { owners, settings }: CatalogEntry): string {
  if (!isRollbackClass(workflow)) return '';
  const people = peopleOf(owners, settings.approvals.breakGlass ?? []).join(', ');
  return `; or one of these people requests it without a signature, as break-glass: ${people || 'nobody here'}`;
}

/** Gives the exact commands that sign a request, for somebody with nothing but the Temporal UI and OpenSSH. */
function signingInstructions(check: RequestCheck): string {
  const expires = new Date(Date.parse(check.at) + hourMs).toISOString();
  const lines = requestStatement(statementOf(check, expires)).trimEnd().split('\n');
  const quoted = lines.map((line) => `'${line.replaceAll("'", `'\\''`)}'`).join(' ');
  const sign = `printf '%s\\n' ${quoted} | ssh-keygen -Y sign -n ${signatureNamespace} -f ~/.ssh/id_ed25519`;
  return (
    `./slipway ${kebab(check.workflow)} signs it for you. ` +
    `By hand: start it again with the same workflow id and input, ` +
    `and with "request": ${JSON.stringify({ expires, signature: '…' })}, the signature printed by: ${sign}`
  );
}
