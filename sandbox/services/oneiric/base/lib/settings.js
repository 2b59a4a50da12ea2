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

/** The folder that a build gives the source; a program finds it by its own place. */
const workspace = '/workspace/';

/** Finds the packed manifest beside the program. A local path has to be allowed. */
const localManifest = (remote = {}) => {
  const { manifest_url: url = '', allow_file_uris: allowed = false, allowed_file_uri_roots: roots = [] } = remote;
  const path = new URL(url).pathname;
  if (!allowed || !roots.some((root) => path.startsWith(`${root}/`))) throw new Error(`${url} is not allowed`);
  return path.replace(workspace, '');
};

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
    remoteManifest: { url: config.remote?.sync_url, refreshSeconds: config.remote?.refresh_seconds ?? 300 },
    inlineManifestOnly: profile.inlineManifestOnly,
    supervisor: { override, enabled: override ?? config.runtime?.supervisor?.enabled ?? true },
    secrets: {
      provider: config.secrets?.provider ?? 'env',
      missing: missing(config.secrets?.required),
    },
    missingVariables: missing(config.runtime?.required_variables),
    activityFile: config.lifecycle?.activity_file,
    activityState: config.lifecycle?.activity_state ?? 'accepting',
    manifest: { path: flags.manifest ?? localManifest(config.remote), sha256: config.remote?.manifest_sha256 },
    commit: environment.ONEIRIC_BUILD_SHA ?? environment.K_REVISION ?? 'dev',
    port: Number(flags['http-port'] ?? environment.PORT ?? 4300),
    folder,
  };
};
