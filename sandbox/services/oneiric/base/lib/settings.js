'use strict';

const { readFileSync } = require('node:fs');
const { join } = require('node:path');
const { parseToml } = require('./toml');

/** What a profile switches, where the configuration says nothing. */
const profiles = {
  default: { watchers: true, remote: true, inlineManifestOnly: false },
  serverless: { watchers: false, remote: false, inlineManifestOnly: true },
};
const supervisorVariable = 'ONEIRIC_RUNTIME_SUPERVISOR__ENABLED';

const overrideOf = (text) => (text === undefined || text === '' ? null : text !== 'false');

/** What is watched where the configuration says nothing. A developer has `local` beside the sources; no image has it. */
const developmentFolders = ['config', 'local'];

/**
 * Reads the configuration: flags over the environment over the file over the profile. `remote.enabled` of the file
 * wins over `--no-remote`.
 */
exports.readSettings = ({ flags, environment, folder }) => {
  const file = environment.ONEIRIC_CONFIG ?? 'config/serverless.toml';
  const config = parseToml(readFileSync(join(folder, file), 'utf8'));
  const name = flags.profile ?? environment.ONEIRIC_PROFILE ?? config.profile?.name ?? 'default';
  const profile = profiles[name];
  if (!profile) throw new Error(`there is no profile ${name}`);
  const override = overrideOf(environment[supervisorVariable]);
  const missing = (names = []) => names.filter((variable) => !environment[variable]);
  return {
    profileDefault: environment.ONEIRIC_PROFILE ?? name,
    runtimeConfig: config.profile?.name ?? 'default',
    profile: name,
    watchers: config.runtime?.watchers?.enabled ?? profile.watchers,
    watchedFolders: config.runtime?.watchers?.folders ?? developmentFolders,
    remote: config.remote?.enabled ?? (flags['no-remote'] ? false : profile.remote),
    remoteManifest: { url: config.remote?.manifest_url, refreshSeconds: config.remote?.refresh_seconds ?? 300 },
    inlineManifestOnly: profile.inlineManifestOnly,
    supervisor: { override, enabled: override ?? config.runtime?.supervisor?.enabled ?? true },
    secrets: {
      provider: config.secrets?.provider ?? 'env',
      missing: missing(config.secrets?.required),
    },
    missingVariables: missing(config.runtime?.required_variables),
    activityFile: config.lifecycle?.activity_file,
    activityState: config.lifecycle?.activity_state ?? 'accepting',
    manifest: flags.manifest ?? 'deployment/manifests/serverless.json',
    commit: environment.ONEIRIC_BUILD_SHA ?? environment.K_REVISION ?? 'dev',
    port: Number(flags['http-port'] ?? environment.PORT ?? 4300),
    folder,
  };
};
