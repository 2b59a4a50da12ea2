'use strict';

const { parseArgs } = require('node:util');
const { fatal } = require('./lib/log');
const { activity, health, supervisorInfo } = require('./lib/reports');
const { serve } = require('./lib/server');
const { readSettings } = require('./lib/settings');

const options = {
  profile: { type: 'string' },
  'no-remote': { type: 'boolean' },
  'http-port': { type: 'string' },
  manifest: { type: 'string' },
  probe: { type: 'boolean' },
  json: { type: 'boolean' },
  help: { type: 'boolean' },
};
const print = (report) => process.stdout.write(`${JSON.stringify(report, null, 2)}\n`);
const commands = {
  orchestrate: serve,
  'supervisor-info': (settings) => print(supervisorInfo(settings)),
  health: (settings) => print(health(settings)),
  activity: (settings) => print(activity(settings)),
};

const main = async () => {
  const { values: flags, positionals } = parseArgs({ options, allowPositionals: true });
  const run = commands[positionals[0]];
  if (flags.help || !run) {
    process.stdout.write(`oneiric <${Object.keys(commands).join('|')}> [--profile <name>] [--no-remote] [--json]\n`);
    process.exitCode = flags.help ? 0 : 2;
    return;
  }
  await run(readSettings({ flags, environment: process.env, folder: __dirname }));
};

main().catch((error) => {
  fatal(error.message);
  process.exit(1);
});
