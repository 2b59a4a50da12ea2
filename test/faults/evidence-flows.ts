import { expect } from 'vitest';
import { createFileEvidence } from '../../activities/files/evidence.ts';
import { verifyEvidence } from '../../activities/evidence/verify.ts';
import type { Place } from '../end-to-end/estate.ts';
import { executionsStarted } from '../end-to-end/invariants.ts';
import { deployed, evidenceFolderOf, ledgerEntryOf, restoredSteps, type Flow, type Judged } from './flows.ts';

const programs = ['switches', 'tests'];
/** The job gets image and program, and runs. */
const gathered = ['evidence-1/sync', 'evidence-1', 'evidence-2/sync', 'evidence-2'];

/** A deploy that gathers evidence: two programs in the image of the release, and a request to the candidate. */
export const evidenced: Flow = {
  ...deployed,
  name: 'evidence',
  estate: { place: (place) => gather(place, 'on') },
  steps: [...deployed.steps, ...gathered],
  judge: (judged) => expectEvidence(judged, 'pass'),
};

/** A switch is off: users never get the release, and what was found is kept all the same. */
export const evidenceRefused: Flow = {
  ...evidenced,
  name: 'evidence-refused',
  estate: { place: (place) => gather(place, 'off') },
  outcome: 'RolledBack',
  scenario: 'baseline',
  migrates: 'good',
  steps: ['fence', 'fence', 'stage', 'sync-job', 'migrate', ...gathered, ...restoredSteps],
  judge: (judged) => expectEvidence(judged, 'fail'),
};

function gather(place: Place, expected: string): void {
  if (place.target.kind !== 'cloudRun') throw new TypeError('the estate does not run on Cloud Run');
  place.target.evidenceJob = `${place.target.service}-evidence`;
  place.evidence = {
    programs: [
      {
        name: 'switches',
        command: ['node'],
        args: ['-e', 'console.log(JSON.stringify({ supervisor: "on", commit: process.env.RUNTIME_BUILD_SHA }))'],
        json: { '/supervisor': expected, '/commit': '{commit}' },
      },
      { name: 'tests', command: ['node'], args: ['-e', 'console.log("3 tests passed")'] },
    ],
    gates: [{ name: 'readiness', path: '/health', json: { '/commit': '{commit}' } }],
  };
}

/** Asserts that a change has one record of its evidence, that every hash in it is right, and that each program ran. */
async function expectEvidence(judged: Judged, verdict: string): Promise<void> {
  const { sandbox, estate, change, calls, where } = judged;
  const store = createFileEvidence(evidenceFolderOf(sandbox));
  const entry = await ledgerEntryOf(judged);
  expect(entry.evidence, where).toHaveLength(1);
  const ledger = await store.readLedger({ service: estate.name, environment: estate.environment });
  const { manifest, problems } = await verifyEvidence(store, ledger, entry, entry.evidence?.[0] ?? '');
  expect(problems, where).toEqual([]);
  expect(manifest, where).toMatchObject({ change, verdict, attempt: 1, digest: entry.digest });
  expect(
    manifest?.checks.map(({ name }) => name),
    where,
  ).toEqual([...programs, 'readiness', 'stderr']);
  // Each ran once, in the image of the release.
  const job = `/jobs/${estate.name}-evidence/`;
  const started = executionsStarted(calls, change).filter(({ resource }) => resource.includes(job));
  expect(
    started.map(({ markers }) => markers.step),
    where,
  ).toEqual(['evidence-1', 'evidence-2']);
  const executions = await sandbox.platform.executions(`${estate.name}-evidence`);
  const images = started.map(({ resource }) => executions.find(({ name }) => name === resource));
  expect(
    images.map((found) => found?.template?.containers?.[0]?.image),
    where,
  ).toEqual(programs.map(() => expect.stringContaining(entry.digest) as string));
}
