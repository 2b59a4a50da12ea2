import { randomBytes } from 'node:crypto';
import type { SecretManagerServiceClient } from '@google-cloud/secret-manager';
import { callOptions, ifThere } from './calls.ts';
import { databaseUrl } from './databases.ts';
import { databaseUrlVariable, runtimeEnvironments } from './estate.ts';

const createSecret = async (client: SecretManagerServiceClient, project: string, secretId: string, value: string): Promise<void> => {
  const parent = `projects/${project}`;
  const name = `${parent}/secrets/${secretId}`;
  if ((await ifThere(client.getSecret({ name }, callOptions))) === undefined) {
    await client.createSecret({ parent, secretId, secret: { replication: { automatic: {} } } }, callOptions);
  }
  // A seed that was interrupted may have left a secret without a version.
  if ((await ifThere(client.getSecretVersion({ name: `${name}/versions/latest` }, callOptions))) !== undefined) return;
  await client.addSecretVersion({ parent: name, payload: { data: Buffer.from(value) } }, callOptions);
};

/** Creates every environment's secrets that are not there yet: where its database is, and two keys that nobody else knows. */
export const createSecrets = async (client: SecretManagerServiceClient, project: string, serverUrl: string): Promise<void> => {
  const wanted = runtimeEnvironments.flatMap(({ database, secrets }) =>
    Object.entries(secrets).map(([variable, secretId]) => ({
      secretId,
      value: variable === databaseUrlVariable ? databaseUrl(serverUrl, database) : randomBytes(48).toString('base64url'),
    })),
  );
  await Promise.all(wanted.map(({ secretId, value }) => createSecret(client, project, secretId, value)));
};
