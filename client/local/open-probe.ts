import { openGoogleProbe } from '../../activities/google/index.ts';
import type { Probe } from '../../activities/ports/probe.ts';
import { CommandError } from '../cli/command-error.ts';
import type { ProbedCloud } from './probed-cloud.ts';

/** Opens a probe by this person's own credentials. Throws a CommandError without them. The caller closes it. */
export async function openProbe(
  { endpoint, project, region }: ProbedCloud,
  images: { service?: string; job?: string },
): Promise<Probe> {
  try {
    return await openGoogleProbe(endpoint, { project, region, images });
  } catch (error) {
    throw CommandError.unreachable(error instanceof Error ? error.message : String(error));
  }
}
