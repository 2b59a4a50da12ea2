import { openSecretVersions as openSecretManager } from '../../activities/google/index.ts';
import { openSecretVersions as openClusterSecrets } from '../../activities/kubernetes/index.ts';
import type { SecretVersions } from '../../activities/ports/platform.ts';
import type { TargetEntry } from '../../contract/catalog/targets/index.ts';
import { workerConfig } from '../../worker/config.ts';
import { CommandError } from '../cli/command-error.ts';
import type { Session } from '../cli/session.ts';

/**
 * Opens the store of a target's secrets by this person's own credentials: Application Default Credentials, a
 * kubeconfig, or the sandbox's. The caller closes it.
 */
export async function openSecretStore(
  { environment, dir }: Pick<Session, 'environment' | 'dir'>,
  { kind }: TargetEntry,
): Promise<SecretVersions> {
  const config = await workerConfig(environment, dir ?? environment['SLIPWAY_SANDBOX_DIR']);
  try {
    return kind === 'cloudRun' ? await openSecretManager(config.google ?? {}) : openClusterSecrets(config.kubernetes);
  } catch (error) {
    throw CommandError.unreachable(error instanceof Error ? error.message : String(error));
  }
}
