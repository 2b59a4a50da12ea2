import { GoogleAuth } from 'google-auth-library';
import type { CloudRunEntry } from '../../contract/catalog/targets/cloud-run.ts';
import { finalFailure, signInFailure } from '../failure.ts';
import type { Secrets } from '../ports/platform.ts';
import type { GoogleClients, GoogleEndpoint } from './clients.ts';
import { findService, readContext } from './cloud-run/session.ts';
import { classified } from './failure.ts';

/** Platform: Compute Engine, metadata server, identity tokens. */
const metadataPath = '/computeMetadata/v1/instance/service-accounts/default/identity';

/**
 * What google-auth-library says of credentials that can never make a token. Everything else may be a metadata server
 * that is not there yet: it begins after the container, and is away for minutes.
 */
const noServiceAccount = /default credentials|Cannot fetch ID token|invalid_grant/i;

/** Makes identity tokens: of the Application Default Credentials, or by the metadata server of a sandbox. */
export function identityTokensOf({ grpc, http }: GoogleEndpoint): GoogleClients['identityToken'] {
  if (grpc !== undefined && grpc !== '') return (audience) => sandboxToken(http, audience);
  const auth = new GoogleAuth();
  return async (audience) => (await auth.getIdTokenClient(audience)).idTokenProvider.fetchIdToken(audience);
}

/**
 * Makes a token for a service of Cloud Run. Its address is the audience for each of its tags, too (platform: Cloud Run,
 * "Authenticating service-to-service").
 */
export function createIdentityTokens(clients: GoogleClients): Secrets<CloudRunEntry>['identityToken'] {
  return async (target, audience) => {
    const whom = audience ?? (await classified(async () => (await findService(readContext(clients, target)))?.uri));
    if (!whom)
      throw finalFailure('BadRequest', `${target.service} has no address of its own: say the token's audience`);
    return clients.identityToken(whom).catch((error: unknown) => {
      const why = (error instanceof Error ? error.message : String(error)).split('\n')[0] ?? '';
      const message = `no identity token for ${whom}: ${why}`;
      if (noServiceAccount.test(why))
        throw finalFailure(
          'Denied',
          `${message}; the worker needs a service account, a person's credentials make none`,
        );
      throw signInFailure(message);
    });
  };
}

async function sandboxToken(http: string | undefined, audience: string): Promise<string> {
  if (http === undefined) throw new Error('the address of the sandbox is not known');
  const query = new URLSearchParams({ audience, format: 'full' });
  const answer = await fetch(`${http}${metadataPath}?${query.toString()}`, {
    headers: { 'metadata-flavor': 'Google' },
  });
  if (!answer.ok) throw new Error(`the sandbox's metadata server answered ${answer.status}`);
  return answer.text();
}
