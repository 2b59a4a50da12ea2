/** What a team has that deployed by hand (runbook 000: the service, its migration job and the web in front of it). */

const databaseUrl = 'DATABASE_URL';

/** One environment of the runtime: its database, and the secrets that a container gets by reference. */
export interface RuntimeEnvironment {
  name: string;
  database: string;
  /** Secret by the environment variable that carries it. */
  secrets: Record<string, string>;
}

const runtimeEnvironment = (name: string, prefix: string): RuntimeEnvironment => ({
  name,
  database: `openagents_runtime_${name}`,
  secrets: {
    [databaseUrl]: `${prefix}-database-url`,
    SECRET_KEY_BASE: `${prefix}-secret-key-base`,
    RUNTIME_SIGNATURE_SECRET: `${prefix}-signature-secret`,
  },
});

export const production = runtimeEnvironment('production', 'openagents-runtime');
export const staging = runtimeEnvironment('staging', 'openagents-runtime-staging');
export const runtimeEnvironments = [production, staging];

export const databaseUrlVariable = databaseUrl;
export const runtimeService = 'openagents-runtime';
export const migrationJob = 'openagents-runtime-migrate';
export const webService = 'openagents-web';

/** Image without tag: `<host>/<project>/<repository>/<image>`; the repository is a part of a service's name. */
export interface ImageName {
  repository: string;
  image: string;
}

export const runtimeImage: ImageName = { repository: 'runtime', image: 'openagents-runtime' };
export const webImage: ImageName = { repository: 'web', image: 'openagents-web' };

/** What the job runs (runbook 000, "Non-negotiable invariant"). */
export const migrationCommand = {
  command: ['bin/openagents-runtime'],
  args: ['eval', 'OpenAgentsRuntime.Release.migrate_and_verify!()'],
};
