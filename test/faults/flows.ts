import path from 'node:path';
import { expect } from 'vitest';
import { createFileEvidence } from '../../activities/files/evidence.ts';
import type { ChangeEntry } from '../../contract/ledger.ts';
import { callsOf, effective, type Call } from '../end-to-end/call-log.ts';
import type { Estate, EstateOptions } from '../end-to-end/estate.ts';
import { executionsStarted, unmarkedMutations } from '../end-to-end/invariants.ts';
import { developer, owner, type Run } from '../end-to-end/runs.ts';
import type { TestSandbox } from '../end-to-end/sandbox.ts';
import { expectFailure } from '../expect-failure.ts';
import { eventually } from '../until.ts';
import type { OutcomeType } from '../../contract/failures.ts';
import type { ChangeResult } from '../../contract/status.ts';

/** A change that is arrested and has to come to its end all the same. */
export interface Flow {
  name: string;
  estate?: Omit<EstateOptions, 'name'>;
  /** What has to be there before it begins; the worker that does it is not killed meanwhile. */
  prepare?(sandbox: TestSandbox, estate: Estate): Promise<void>;
  begin(sandbox: TestSandbox, estate: Estate): Promise<Run>;
  /** Commit that serves in the end. */
  scenario: string;
  /** Commit that migrates, where another serves in the end. */
  migrates?: string;
  /**
   * Effective writes of the change, in order, by step; the first says what stands before everything else (invariant
   * I5).
   */
  steps: string[];
  /** Its outcome, where it does not complete: then what served before serves again. */
  outcome?: OutcomeType;
  /** Asserts what else has to hold of it. */
  judge?(judged: Judged): Promise<void>;
}

/** A change that has come to its end, and the calls since its flow began. */
export interface Judged {
  sandbox: TestSandbox;
  estate: Estate;
  run: Run;
  change: string;
  calls: readonly Call[];
  where: string;
}

const back = ({ name }: Estate) => ({
  service: name,
  environment: 'production',
  requestedBy: owner,
  reason: 'errors since the release',
});
/** Traffic first, since the old revision is there. */
export const restoredSteps = ['restore/traffic', 'restore/template', 'restore/job', 'restore/shape'];
const released = ['fence', 'fence', 'stage', 'sync-job', 'migrate', 'shift'];

/** Deploys the commit `good` and waits for it. */
export async function deploy(sandbox: TestSandbox, estate: Estate, changes: object = {}): Promise<ChangeResult> {
  return (await sandbox.runs.start('deploy', { ...estate.input('good'), ...changes })).result();
}

export const deployed: Flow = {
  name: 'deploy',
  begin: async ({ runs }, estate) => runs.start('deploy', estate.input('good')),
  scenario: 'good',
  steps: released,
};

/** The digest that staging verified, to production. */
export const promoted: Flow = {
  name: 'promote',
  estate: { withStaging: true },
  prepare: async (sandbox, estate) => void (await deploy(sandbox, estate, { environment: 'staging' })),
  begin: async ({ runs }, { name }) =>
    runs.start('promote', { service: name, from: 'staging', to: 'production', requestedBy: developer }),
  scenario: 'good',
  steps: released,
};

export const rolledBack: Flow = {
  name: 'rollback',
  prepare: async (sandbox, estate) => void (await deploy(sandbox, estate)),
  begin: async ({ runs }, estate) => runs.start('rollback', back(estate)),
  scenario: 'baseline',
  steps: restoredSteps,
};

/** The old revision was pruned, so its image is released again. */
export const releasedAgain: Flow = {
  ...rolledBack,
  name: 'rollback-pruned',
  prepare: async (sandbox, estate) => {
    const [baseline] = (await estate.served()).serving;
    await deploy(sandbox, estate);
    await sandbox.platform.deleteRevision(estate.name, baseline?.revision ?? '');
  },
  steps: ['fence', 'fence', 'stage', 'sync-job', 'shift'],
};

/** Migration and smoke again, for what serves now. */
export const migrated: Flow = {
  name: 'migrate',
  begin: async ({ runs }, { name }) =>
    runs.start('migrate', { service: name, environment: 'production', requestedBy: developer }),
  scenario: 'baseline',
  steps: ['fence', 'fence', 'sync-job', 'migrate'],
};

/** Waits until a change has come to the end that its flow has; answers its id, and the revision that it says. */
export async function endOf({ outcome }: Flow, run: Run, { runs }: TestSandbox) {
  if (outcome === undefined) return run.result();
  await expectFailure(run, outcome);
  return { change: (await runs.status(run)).change, revision: undefined };
}

/**
 * What the platform and its call log say of a change that came to its end (invariants I1 to I7; I1 and I3 over all
 * changes are the caller's).
 */
export async function expectEnded(
  { scenario, migrates = scenario, steps, judge }: Flow,
  revision: string | undefined,
  judged: Judged,
): Promise<void> {
  const { sandbox, estate, change, calls, where } = judged;
  const image = await estate.image(scenario);
  // I2 at rest and I7: one digest everywhere, as Google's own clients read it.
  expect(await estate.served(), where).toMatchObject({
    serving: [{ image, percent: 100, ...(revision !== undefined && { revision }) }],
    templateImage: image,
    jobImage: image,
  });
  expect((await estate.ask('/health')).body, where).toMatchObject({ commit: estate.commit(scenario) });
  const own = callsOf(calls, change);
  // I1 and I5: each step writes once, and nothing before the fence, or before the traffic of a restore.
  const written = effective(own).map(({ markers }) => markers.step?.replace(`/${estate.job}`, '') ?? '');
  expect(written.toSorted(), where).toEqual(steps.toSorted());
  expect(written[0], where).toBe(steps[0]);
  expect(unmarkedMutations(calls, new RegExp(`/(services|jobs)/${estate.name}(-migrate)?($|/)`)), where).toEqual([]);
  await expectOneExecution(
    sandbox,
    estate,
    own,
    await estate.image(migrates),
    steps.includes('migrate') ? 1 : 0,
    where,
  );
  await judge?.(judged);
}

/** I2 around the migration: the execution itself has the image, and ran once. */
async function expectOneExecution(
  sandbox: TestSandbox,
  estate: Estate,
  own: Call[],
  image: string,
  count: number,
  where: string,
): Promise<void> {
  const [change = ''] = new Set(own.map(({ markers }) => markers.change ?? ''));
  const started = executionsStarted(own, change).filter(({ resource }) => resource.includes(`/jobs/${estate.job}/`));
  expect(started, where).toHaveLength(count);
  for (const { resource } of started) {
    const execution = (await sandbox.platform.executions(estate.job)).find(({ name }) => name === resource);
    expect(execution?.template?.containers?.[0]?.image, where).toBe(image);
    expect(await sandbox.platform.taskAttempts(execution ?? {}), where).toBe(1);
  }
}

/** The folder in which the sandbox's workers keep ledgers and evidence. */
export function evidenceFolderOf({ description }: TestSandbox): string {
  return path.join(description.dir, 'evidence');
}

/** Reads the one entry that a change has in the ledger. */
export async function ledgerEntryOf({ sandbox, estate, change, where }: Judged): Promise<ChangeEntry> {
  const store = createFileEvidence(evidenceFolderOf(sandbox));
  // Nothing waits for the store: the entry may be written a moment after the run has ended.
  const entries = await eventually(`${where}: the change has no entry`, async () => {
    const ledger = await store.readLedger({ service: estate.name, environment: estate.environment });
    const found = ledger.filter((entry): entry is ChangeEntry => 'change' in entry && entry.change === change);
    return found.length > 0 && found;
  });
  expect(
    entries.map(({ outcome }) => outcome),
    where,
  ).toHaveLength(1);
  return entries[0] as ChangeEntry;
}
