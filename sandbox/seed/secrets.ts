import { randomBytes } from 'node:crypto';
import type { SecretManagerServiceClient } from '@google-cloud/secret-manager';
import { callOptions, ifThere } from './calls.ts';
import { databaseUrl } from './databases.ts';
import { databaseUrlVariable } from './estate.ts';
import type { SampleEnvironment } from './estate.ts';

const createSecret = async (
  client: SecretManagerServiceClient,
  project: string,
  secretId: string,
  value: string,
): Promise<void> => {
  const parent = `projects/${project}`;
  const name = `${parent}/secrets/${secretId}`;
  if ((await ifThere(client.getSecret({ name }, callOptions))) === undefined) {
    await client.createSecret({ parent, secretId, secret: { replication: { automatic: {} } } }, callOptions);
  }
  // A seed that was interrupted may have left a secret without a version.
  if ((await ifThere(client.getSecretVersion({ name: `${name}/versions/latest` }, callOptions))) !== undefined) return;
  await client.addSecretVersion({ parent: name, payload: { data: Buffer.from(value) } }, callOptions);
};

/** Creates the environments' missing secrets: the database's address, and keys that nobody else knows. */
export const createSecrets = async (
  client: SecretManagerServiceClient,
  project: string,
  serverUrl: string,
  environments: SampleEnvironment[],
): Promise<void> => {
  const wanted = environments.flatMap(({ database, secrets }) =>
    Object.entries(secrets).map(([variable, secretId]) => ({
      secretId,
      value:
        variable === databaseUrlVariable && database !== undefined
          ? databaseUrl(serverUrl, database)
          : randomBytes(48).toString('base64url'),
    })),
  );
  await Promise.all(wanted.map(({ secretId, value }) => createSecret(client, project, secretId, value)));
};

/** Reads the latest value of a secret. */
export const readSecret = async (
  client: SecretManagerServiceClient,
  project: string,
  secretId: string,
): Promise<string> => {
  const [version] = await client.accessSecretVersion(
    { name: `projects/${project}/secrets/${secretId}/versions/latest` },
    callOptions,
  );
  return Buffer.from(version.payload?.data ?? '').toString('utf8');
};
