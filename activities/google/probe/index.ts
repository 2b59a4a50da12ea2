import { randomBytes } from 'node:crypto';
import type { CloudRunEntry } from '../../../contract/catalog/targets/cloud-run.ts';
import type { Probe, ProbeRow } from '../../ports/probe.ts';
import { Cleanup } from '../../probe/cleanup.ts';
import { ownerLabel } from '../../probe/owner.ts';
import { askQuestion } from '../../probe/question.ts';
import { CallError } from '../call.ts';
import { createGoogleClients, type GoogleClients, type GoogleEndpoint } from '../clients.ts';
import { roleFor } from '../failure.ts';
import { findOwned, namePrefix, ownerKey } from './owned.ts';
import { questions } from './questions/index.ts';
import { codeName } from './refusal.ts';
import { Trial, usualPace, type Pace, type ProbeImages } from './trial.ts';
import { GoneError } from './writes.ts';

/** Images that Google keeps for everybody; the sandbox has them, too. */
export const publicImages: ProbeImages = {
  service: 'us-docker.pkg.dev/cloudrun/container/hello:latest',
  job: 'us-docker.pkg.dev/cloudrun/container/job:latest',
};

export interface GoogleProbeOptions {
  project: string;
  region: string;
  images?: Partial<ProbeImages>;
  pace?: Pace;
}

/** Opens a probe of a project and region; with an address, of the sandbox's. */
export async function openGoogleProbe(endpoint: GoogleEndpoint, options: GoogleProbeOptions): Promise<Probe> {
  return googleProbe(await createGoogleClients(endpoint), options);
}

/** Makes the probe over clients that are open. */
export function googleProbe(
  clients: GoogleClients,
  { project, region, images = {}, pace = usualPace }: GoogleProbeOptions,
): Probe {
  const name = `${namePrefix}${randomBytes(3).toString('hex')}`;
  const target: CloudRunEntry = { kind: 'cloudRun', project, region, service: name };
  const read = { clients, target, caller: { callTimeoutMs: clients.callTimeoutMs } };
  const allImages = { ...publicImages, ...images };
  return {
    platform: `project ${project}, region ${region}`,
    questions: questions.length,
    plan: [
      `one Cloud Run service and one job, both named ${name}; nobody from outside can call the service`,
      `images ${allImages.service} and ${allImages.job}`,
      'three to five executions of the job, of a few seconds each; revisions of the service without a fixed instance',
      'some two hundred calls, ten of them reads of the log; a few cents at most, and mostly free of charge',
      'five to ten minutes; then all of it is removed',
    ],
    findLeftovers: () => findOwned(read),
    run: async ({ signal, tell }) => {
      const cleanup = new Cleanup(pace);
      const labels = { [ownerKey]: ownerLabel() };
      const trial = new Trial({ clients, target, images: allImages, labels, signal, cleanup, pace });
      const rows: ProbeRow[] = [];
      const ask = async (): Promise<void> => {
        for (const question of questions) {
          if (signal.aborted) return;
          const row = await askQuestion(question, trial, (error) => reasonOf(error, signal));
          rows.push(row);
          tell(row);
        }
      };
      const defect = await ask().then(
        () => undefined,
        (error: unknown) => (signal.aborted ? undefined : { error }),
      );
      const left = await cleanup.removeAll();
      if (defect) throw defect.error;
      return { rows, isComplete: rows.length === questions.length, left };
    },
    close: () => clients.close(),
  };
}

/** Says why the platform did not answer a question, with the role that is missing. */
function reasonOf(error: unknown, signal: AbortSignal): string | undefined {
  if (signal.aborted) return undefined;
  if (error instanceof GoneError) return error.message;
  if (!(error instanceof CallError)) return undefined;
  // Platform: "Permission 'run.services.update' denied on resource …".
  const [, permission = ''] = /permission '([\w.]+)'/i.exec(error.message) ?? [];
  const role = roleFor(permission);
  return `${error.message} (${codeName(error)})${role === undefined ? '' : `; ${role} has the permission`}`;
}
