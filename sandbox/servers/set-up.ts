import { alertmanager } from './alertmanager.ts';
import { etcd } from './etcd.ts';
import { kubeApiserver, kubeControllerManager, kubectl } from './kubernetes.ts';
import { obtain } from './obtain.ts';
import { postgresPrograms } from './postgres.ts';
import { prometheus, promtool } from './prometheus.ts';
import type { Say } from './server.ts';
import { temporalCli } from './temporal.ts';

/** Programs of the sandbox that are there now. */
export interface Programs {
  /** A folder. */
  postgres: string;
  temporal: string;
}

/**
 * Fetches or builds once all that the sandbox needs from outside npm; with `all` also what its further parts need, as
 * the tests do. Throws an error that says what is missing, and how to provide it.
 */
export const setUp = async (all: boolean, say: Say): Promise<Programs> => {
  const further = [etcd, kubeApiserver, kubeControllerManager, kubectl, prometheus, promtool, alertmanager];
  const [postgres, temporal] = await Promise.all([postgresPrograms(), obtain(temporalCli, say)]);
  // Builds take turns: two at once would share the processor.
  for (const server of all ? further : []) await obtain(server, say);
  return { postgres, temporal };
};
