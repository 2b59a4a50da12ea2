import { readSandbox } from '../../sandbox/description.ts';
import { CommandError } from '../cli/command-error.ts';
import type { Session } from '../cli/session.ts';
import { cloudOf } from './sandbox-control.ts';

/** A cloud that is asked what it does. */
export interface ProbedCloud {
  /** Addresses of a sandbox's; empty for Google Cloud, by Application Default Credentials. */
  endpoint: { grpc?: string; http?: string };
  project: string;
  region: string;
  isSandbox: boolean;
}

const usualRegion = 'us-central1';

/**
 * Finds the cloud that is meant: a sandbox by its folder, by its addresses, or by its project; else Google Cloud.
 * Throws a CommandError where it is not clear.
 */
export async function probedCloud(
  session: Pick<Session, 'dir' | 'environment'>,
  { project, region }: { project?: string | undefined; region?: string | undefined },
): Promise<ProbedCloud> {
  const { dir, environment } = session;
  const folder = dir ?? environment['SLIPWAY_SANDBOX_DIR'];
  if (folder !== undefined || project === undefined) return sandboxCloud(session, project, region);
  const grpc = environment['SLIPWAY_CLOUD_GRPC'];
  const place = { project, region: region ?? usualRegion };
  if (grpc) return { ...place, endpoint: { grpc, http: environment['SLIPWAY_CLOUD_HTTP'] ?? '' }, isSandbox: true };
  const live = await readSandbox();
  if (live?.cloud?.project === project) return sandboxCloud(session, project, region);
  return { ...place, endpoint: {}, isSandbox: false };
}

async function sandboxCloud(
  session: Pick<Session, 'dir' | 'environment'>,
  project: string | undefined,
  region: string | undefined,
): Promise<ProbedCloud> {
  const cloud = await cloudOf(session).catch((error: unknown) => {
    if (project !== undefined || !(error instanceof CommandError)) throw error;
    const message = 'must be given: the Google Cloud project to ask, since no sandbox is up';
    throw CommandError.badInput([{ path: 'project', message }]);
  });
  const { grpc, http } = cloud;
  if (project !== undefined && project !== cloud.project)
    throw CommandError.badInput([{ path: 'project', message: `the sandbox has ${cloud.project}, not ${project}` }]);
  return { endpoint: { grpc, http }, project: cloud.project, region: region ?? cloud.region, isSandbox: true };
}
