'use strict';

const { env } = process;
const commit = env.WEB_BUILD_SHA || env.RUNTIME_BUILD_SHA || env.K_REVISION || 'dev';

exports.host = env.HOST || '127.0.0.1';
exports.port = Number(env.PORT || 4000);
exports.runtimeUrl = env.RUNTIME_URL;
exports.identity = {
  service: env.K_SERVICE || 'openagents-web',
  commit,
  buildSha: commit,
  revision: env.K_REVISION || null,
};
