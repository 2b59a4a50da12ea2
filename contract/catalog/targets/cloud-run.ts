import { z } from 'zod';
import { name } from '../fields.ts';
import type { TargetKind } from './kind.ts';

const schema = z.strictObject({
  kind: z.literal('cloudRun'),
  project: z.string('must be a project').regex(/^[a-z][a-z0-9-]{4,28}[a-z0-9]$/, 'must be a Google Cloud project id'),
  region: z.string('must be a region').regex(/^[a-z]+-[a-z]+[0-9]$/, 'must be a region such as us-central1'),
  service: name,
  migrationJob: name.optional(),
  /** The job that smokes after a deploy. Slipway makes it if it is not there. */
  smokeJob: name.optional(),
});

export type CloudRunEntry = z.infer<typeof schema>;

/** A Cloud Run service with its migration job. */
export const cloudRun: TargetKind<typeof schema> = {
  schema,
  hasCandidate: true,
  hasStandingJob: true,
  readsLogsAtSource: false,
  hasInstances: false,
  workloadOf: ({ service }) => service,
  migrationJobOf: ({ migrationJob }) => migrationJob ?? null,
  smokeJobOf: ({ smokeJob }) => smokeJob ?? null,
  readSecretCommand: ({ project }, secret, version) =>
    `gcloud secrets versions access ${version} --secret ${secret} --project ${project}`,
};
