import { alertmanager } from '../../sandbox/servers/alertmanager.ts';
import { ServerMissing } from '../../sandbox/servers/missing.ts';
import { obtain } from '../../sandbox/servers/obtain.ts';
import { prometheus } from '../../sandbox/servers/prometheus.ts';

/**
 * Says why there is no Prometheus or Alertmanager to test with; undefined if there is. They are built here where no
 * cache has them, which takes minutes. Only without Go or a module proxy is that impossible.
 */
export async function monitoringIsMissing(): Promise<string | undefined> {
  try {
    await obtain(prometheus, () => {});
    await obtain(alertmanager, () => {});
    return undefined;
  } catch (error) {
    if (!(error instanceof ServerMissing)) throw error;
    return error.message;
  }
}
