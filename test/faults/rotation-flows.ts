import path from 'node:path';
import { expect } from 'vitest';
import { environmentWorkflowId } from '../../contract/ids.ts';
import { callOptions } from '../../sandbox/seed/calls.ts';
import { callsOf, effective, shortMethod, type Call } from '../end-to-end/call-log.ts';
import { canaryOf, findCanaries, readFolder, readHistory } from '../end-to-end/canary.ts';
import type { Estate } from '../end-to-end/estate.ts';
import { developer } from '../end-to-end/runs.ts';
import type { TestSandbox } from '../end-to-end/sandbox.ts';
import { deploy, evidenceFolderOf, ledgerEntryOf, restoredSteps, type Flow, type Judged } from './flows.ts';

/** The variables that are rotated. The migration job reads them, too. */
const rotatedVariables = { DATABASE_URL: 'database-url', SECRET_KEY_BASE: 'secret-key-base' };
const canary = canaryOf('rotated');

/** Both secrets get their next values; a person has added them before. */
export const rotated: Flow = {
  name: 'rotate',
  prepare: (sandbox, estate) => prepare(sandbox, estate, addressOf(estate)),
  begin: ({ runs }, { name }) =>
    runs.start('rotateSecrets', {
      service: name,
      environment: 'production',
      secrets: Object.fromEntries(Object.keys(rotatedVariables).map((variable) => [variable, '2'])),
      requestedBy: developer,
    }),
  scenario: 'good',
  steps: ['fence', 'fence', 'stage', 'shift', 'retire-secrets'],
  async judge(judged) {
    const { calls, change, where } = judged;
    await expectVersions(judged, ['DISABLED', 'ENABLED'], '2');
    const written = effective(callsOf(calls, change));
    // Only when all else has been done, and each once.
    const later = disabledVersions(judged).map(({ seq }) => written.filter((call) => call.seq > seq));
    expect(later, where).toEqual([[], []]);
  },
};

/** The new address of the database is wrong: what read the old one serves again. */
export const rotationRefused: Flow = {
  ...rotated,
  name: 'rotate-refused',
  prepare: (sandbox, estate) => prepare(sandbox, estate, addressOf(estate, 'a-wrong-password')),
  outcome: 'RolledBack',
  steps: ['fence', 'fence', 'stage', ...restoredSteps],
  async judge(judged) {
    await expectVersions(judged, ['ENABLED', 'ENABLED'], '1');
    expect(disabledVersions(judged), judged.where).toEqual([]);
    // The versions that nothing reads are enabled, so a person is told.
    const untaken = Object.values(rotatedVariables).map((secret) => `version 2 of ${judged.estate.name}-${secret}`);
    const { outcome } = await ledgerEntryOf(judged);
    expect(outcome, judged.where).toContain(`new versions that stay enabled: ${untaken.join(', ')}`);
  },
};

async function prepare(sandbox: TestSandbox, estate: Estate, address: string): Promise<void> {
  // Afterwards what serves reads its secrets by their numbers.
  await deploy(sandbox, estate);
  const values = { DATABASE_URL: address, SECRET_KEY_BASE: canary };
  for (const [variable, secret] of Object.entries(rotatedVariables)) {
    const parent = `projects/${sandbox.platform.address.project}/secrets/${estate.name}-${secret}`;
    const payload = { data: Buffer.from(values[variable as keyof typeof values]) };
    await sandbox.platform.clients.secrets.addSecretVersion({ parent, payload }, callOptions);
  }
}

/** The address of an estate's database, as it is or with another password, and with a value that must be nowhere. */
function addressOf({ address }: Estate, password?: string): string {
  const url = new URL(address);
  url.searchParams.set('application_name', canary);
  if (password !== undefined) Object.assign(url, { username: 'nobody', password });
  return url.href;
}

/** Lists the calls that disabled a version of the estate's secrets. */
function disabledVersions({ calls, estate }: Judged): Call[] {
  const own = effective(calls).filter(({ resource }) => resource.includes(`/secrets/${estate.name}-`));
  return own.filter((call) => shortMethod(call).endsWith('/DisableSecretVersion'));
}

/** Asserts the states of all versions, that service and job read this one, and that no history has a value. */
async function expectVersions(judged: Judged, states: string[], version: string): Promise<void> {
  const { sandbox, estate, where } = judged;
  const { clients, address } = sandbox.platform;
  for (const secret of Object.values(rotatedVariables)) {
    const parent = `projects/${address.project}/secrets/${estate.name}-${secret}`;
    const [versions] = await clients.secrets.listSecretVersions({ parent }, { ...callOptions, autoPaginate: false });
    expect(versions.map(({ state }) => state).toReversed(), where).toEqual(states);
  }
  const [service, job] = await Promise.all([sandbox.platform.service(estate.name), sandbox.platform.job(estate.job)]);
  const read = [service.template, job.template?.template].flatMap((template) =>
    (template?.containers?.[0]?.env ?? [])
      .filter(({ name }) => name !== undefined && name !== null && name in rotatedVariables)
      .map(({ valueSource }) => valueSource?.secretKeyRef?.version),
  );
  expect(read, where).toEqual([version, version, version, version]);
  const texts = new Map([
    ...(await readHistory(judged.run)),
    ...(await readHistory(sandbox.runs.get(environmentWorkflowId(estate.name, 'production')))),
    ...(await readFolder(path.join(evidenceFolderOf(sandbox), 'ledger', estate.name))),
    ['the log of the workers', sandbox.workerLog],
  ]);
  expect(findCanaries([canary, 'a-wrong-password'], texts), where).toEqual([]);
}
