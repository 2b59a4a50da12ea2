'use strict';

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

/** Reads the workflows that the manifest beside the program names. */
exports.readManifest = ({ folder, manifest }) => JSON.parse(readFileSync(join(folder, manifest), 'utf8'));

/** Says how the service is: its profile, its secrets, and whether it takes work. */
exports.health = (settings) => ({
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
  manifest: { workflows: exports.readManifest(settings).workflows.length },
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
