import { ownPrefix } from '../../fence.ts';
import { hunksOf } from '../../difference/hunks.ts';
import { cutTo, planLimits, yamlLines } from '../../difference/text.ts';
import type { DifferenceRequest, TargetDifference } from '../../ports/target.ts';
import { accessOf, wantedAccess, type Access } from './access.ts';
import { requireOwnContainer } from './container.ts';
import { jobsOf } from './job.ts';
import { withoutPlatformKeys } from './platform-keys.ts';
import type { RevisionTemplate } from './resources.ts';
import { pinSecrets } from './secrets.ts';
import { findJob, findService, type ReadContext } from './session.ts';
import { candidateTemplate } from './template.ts';

/**
 * Says what a release would change of the service's template. The platform has no difference of its own to ask for, and
 * knows no owners of fields: a revision replaces the one before as a whole.
 */
export async function templateDifference(context: ReadContext, request: DifferenceRequest): Promise<TargetDifference> {
  const service = await findService(context);
  const present = service?.template;
  const { target } = context;
  const secrets = await pinSecrets(context, present, request.secrets);
  const next = candidateTemplate(present, { revision: '', ...request, secrets }, target, { change: '', attempt: 1 });
  await requireOwnContainers(context);
  const access = accessOf(service);
  const hunks = hunksOf(
    present ? readable(present, access) : [],
    readable(next, { ...access, ...wantedAccess(target) }),
  );
  const object = `template of ${context.target.service}`;
  const lines = hunks.length === 0 ? [] : [`--- ${present ? object : '(nothing)'}`, `+++ ${object}`, ...hunks];
  return { text: cutTo(planLimits, [{ object, lines }]).text, contested: [] };
}

/** Refuses jobs of which nobody can say which container would get the artifact's image. */
async function requireOwnContainers(context: ReadContext): Promise<void> {
  const jobs = await Promise.all(
    jobsOf(context.target).map(async (name) => ({ name, job: await findJob(context, name) })),
  );
  for (const { name, job } of jobs) requireOwnContainer(`job ${name}`, job?.template?.template, context.target);
}

/** Leaves out what each revision has anew: its name, our annotations, and what the platform itself adds. */
function readable({ revision: _name, labels, annotations, ...template }: RevisionTemplate, access: Access): string[] {
  const others = Object.entries(withoutPlatformKeys(annotations)).filter(([key]) => !key.startsWith(ownPrefix));
  const keys = { labels: withoutPlatformKeys(labels), annotations: Object.fromEntries(others) };
  return yamlLines(withoutDefaults({ ...template, ...access, ...keys }) ?? {});
}

/** Fields in which the client says which one of a oneof is set. Platform: Cloud Run Admin v2, EnvVar, Probe, Volume. */
const oneofs = new Set(['values', 'probeType', 'volumeType']);

/** Leaves out what is not set, since the client answers defaults, and what only names another field. */
function withoutDefaults(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? undefined : value.map(withoutDefaults);
  if (value === null || typeof value !== 'object') return value || undefined;
  const entries = Object.entries(value)
    .filter(([key]) => !oneofs.has(key))
    .map(([key, inner]) => [key, withoutDefaults(inner as unknown)] as const)
    .filter(([, inner]) => inner !== undefined);
  return entries.length === 0 ? undefined : Object.fromEntries(entries);
}
