import type { Attestations } from '../../ports/attestations.ts';
import type { Caller } from '../call.ts';
import type { GoogleClients } from '../clients.ts';
import { classified } from '../failure.ts';
import { attestationsInAnalysis } from './analysis.ts';
import { attestationsInRegistry } from './registry.ts';

/** Makes the port that finds attestations in Artifact Registry, `gcr.io` and Artifact Analysis. */
export function createAttestations(clients: GoogleClients): Attestations {
  const caller: Caller = { callTimeoutMs: clients.callTimeoutMs };
  return {
    find: (image, stores) =>
      classified(async () => {
        const found = await Promise.all([
          stores.includes('registry') ? attestationsInRegistry(clients, caller, image) : [],
          stores.includes('artifactAnalysis') ? attestationsInAnalysis(clients, caller, image) : [],
        ]);
        return found.flat();
      }),
  };
}
