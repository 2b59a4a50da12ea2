import { canonicalJson } from '../../../catalog/canonical-json.ts';
import type { Served } from '../../../contract/ledger.ts';
import { ownContainer } from './container.ts';
import type { Revision } from './resources.ts';
import { lostSecrets } from './secrets.ts';
import { findRevision, type ReadContext } from './session.ts';
import { readState } from './state.ts';
import { templateFields } from './template.ts';

/**
 * Lists how traffic and settings of what serves differ from the revision that the ledger has, one line each. A revision
 * never changes, so another one is an edit by hand. Names only, never a value.
 */
export async function settingsDrift(context: ReadContext, ledger: Served): Promise<string[]> {
  const { live, service, revisions } = await readState(context);
  if (!service) return [];
  const serving = live.serving.filter(({ percent }) => percent > 0);
  const shares = serving.map(({ revision, percent }) => `${revision} ${percent} %`).join(', ');
  const split = serving.length > 1 ? [`the traffic is split: ${shares}; the ledger has ${ledger.revision} alone`] : [];
  const known = revisions.get(ledger.revision) ?? (await findRevision(context, ledger.revision));
  const others = serving.filter(({ revision }) => revision !== ledger.revision);
  const replaced = others.map(({ revision }) => {
    const differences = compareSettings(known, revisions.get(revision), context.target);
    return `revision ${revision} serves, but the ledger has ${ledger.revision}: ${differences.join(', ')}`;
  });
  const lost = await Promise.all(
    serving.map(async ({ revision }) => {
      const found = revisions.get(revision);
      const problems = found ? await lostSecrets(context, found, service.template) : [];
      return problems.map((problem) => `a new instance of ${revision} would not start as it is: ${problem}`);
    }),
  );
  return [
    ...split,
    ...replaced,
    ...nextSettings(context.target, revisions, serving, live.template?.revision),
    ...lost.flat(),
  ];
}

/** Says what the next change of any setting would bring with it, where the template is of another revision. */
function nextSettings(
  target: ReadContext['target'],
  revisions: ReadonlyMap<string, Revision | undefined>,
  serving: readonly { revision: string }[],
  template: string | undefined,
): string[] {
  const [only, ...more] = serving;
  const next = revisions.get(template ?? '');
  if (!only || more.length > 0 || only.revision === template || !next) return [];
  const differences = compareSettings(revisions.get(only.revision), next, target);
  if (differences.includes(same)) return [];
  return [`the service's template is ${template}, so the next change would bring: ${differences.join(', ')}`];
}

/** Said of two that differ in nothing but their names. */
const same = 'with the same settings';

/** Names what differs between two revisions. */
function compareSettings(
  before: Revision | undefined,
  after: Revision | undefined,
  target: ReadContext['target'],
): string[] {
  if (!before || !after) return ['one of them cannot be read'];
  const [old, next] = [settingsOf(before, target), settingsOf(after, target)];
  const names = [...new Set([...old.keys(), ...next.keys()])].sort();
  const differences = names.flatMap((name) => {
    const [was, is] = [old.get(name), next.get(name)];
    if (was?.value === is?.value) return [];
    if (was?.shown !== undefined || is?.shown !== undefined)
      return [`${name} ${is?.shown ?? 'is gone'}, not ${was?.shown ?? 'there before'}`];
    return [`${name} ${was === undefined ? 'was added' : is === undefined ? 'was removed' : 'differs'}`];
  });
  return differences.length > 0 ? differences : [same];
}

/** A setting as it is compared, and as it may be shown: a value of a variable may be anything. */
interface Setting {
  value: string;
  shown?: string;
}

function settingsOf(revision: Revision, target: ReadContext['target']): Map<string, Setting> {
  const container = ownContainer(revision, target) ?? {};
  const sidecars = (revision.containers ?? []).filter((one) => one !== container);
  const { env = [], image, ...rest } = container;
  const settings = new Map<string, Setting>([['image', { value: image ?? '', shown: image ?? '' }]]);
  for (const { name, value, valueSource } of env ?? []) {
    const reference = valueSource?.secretKeyRef;
    const version = `version ${reference?.version || 'latest'} of ${reference?.secret ?? ''}`;
    if (reference) settings.set(`secret of ${name ?? ''}`, { value: version, shown: version });
    else settings.set(`variable ${name ?? ''}`, { value: value ?? '' });
  }
  const fields = templateFields
    .filter((field) => field !== 'containers')
    .map((field) => [field, revision[field]] as const);
  for (const [field, value] of [...Object.entries(rest), ...fields, ['sidecars', sidecars] as const])
    settings.set(field, { value: canonicalJson(withoutEmpty(value)) });
  return settings;
}

/** The client answers defaults of what is not set. */
export function withoutEmpty(value: unknown): unknown {
  if (Array.isArray(value)) return value.length === 0 ? null : value.map(withoutEmpty);
  if (value === null || typeof value !== 'object') return value || null;
  const entries = Object.entries(value)
    .map(([key, inner]) => [key, withoutEmpty(inner)] as const)
    .filter(([, inner]) => inner !== null);
  return entries.length === 0 ? null : Object.fromEntries(entries);
}
