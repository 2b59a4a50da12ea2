'use strict';

const { createHash } = require('node:crypto');
const { readFileSync } = require('node:fs');
const { join } = require('node:path');

/** Says which switches are on, and whether the environment overrides the supervisor's. */
exports.supervisorInfo = (settings) => ({
  profile_default: settings.profileDefault,
  runtime_config: settings.runtimeConfig,
  env_override: settings.supervisor.override,
  supervisor_enabled: settings.supervisor.enabled,
  watchers_enabled: settings.watchers,
  remote_enabled: settings.remote,
  inline_manifest_only: settings.inlineManifestOnly,
});

/** Reads the manifest beside the program: the workflows that it names, and its hash, which the settings have, too. */
exports.readManifest = ({ folder, manifest }) => {
  const text = readFileSync(join(folder, manifest.path), 'utf8');
  const sha256 = createHash('sha256').update(text).digest('hex');
  if (manifest.sha256 !== undefined && manifest.sha256 !== sha256)
    throw new Error(`${manifest.path} has the hash ${sha256}, and the settings want ${manifest.sha256}`);
  return { ...JSON.parse(text), sha256 };
};

/** Says how the service is: its profile, its secrets, its manifest, and whether it takes work. */
exports.health = (settings, { workflows, sha256 } = exports.readManifest(settings)) => ({
  status: settings.secrets.missing.length === 0 ? 'healthy' : 'degraded',
  profile: {
    name: settings.profile,
    watchers_enabled: settings.watchers,
    remote_enabled: settings.remote,
    inline_manifest_only: settings.inlineManifestOnly,
  },
  secrets: {
    provider: settings.secrets.provider,
    status: settings.secrets.missing.length === 0 ? 'ready' : 'failed',
  },
  manifest: { workflows: workflows.length, sha256 },
  lifecycle_state: {
    activity_state: settings.activityState,
    supervisor: { enabled: settings.supervisor.enabled, last_update: new Date().toISOString() },
  },
});

/** Says of each workflow whether it takes work, is paused, or only finishes what it has. */
exports.activity = (settings) => {
  const { workflows } = exports.readManifest(settings);
  const state = settings.activityState;
  return {
    activity_state: state,
    paused: state === 'paused' ? workflows.length : 0,
    draining: state === 'draining' ? workflows.length : 0,
    domains: workflows.map(({ key }) => ({ domain: 'workflow', key, state })),
  };
};
