import type { WaitingFor } from '../../contract/status.ts';

/** Makes the wait for a platform that goes on by itself: nobody has to decide. */
export function platformWait(what: string, since: string, commands: string[] = []): WaitingFor {
  return { kind: 'platform', what, since, until: null, who: [], commands };
}
