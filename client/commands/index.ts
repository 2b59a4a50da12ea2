import type { AnyCommand } from '../cli/command.ts';
import { alerts } from './alerts.ts';
import { approve } from './approve.ts';
import { baseline } from './baseline.ts';
import { check } from './catalog/check.ts';
import { schema } from './catalog/schema.ts';
import { daily } from './daily.ts';
import { decide } from './decide.ts';
import { deploy } from './deploy.ts';
import { drift } from './drift.ts';
import { drill } from './drill.ts';
import { adopt } from './environment/adopt.ts';
import { breakLock } from './environment/break-lock.ts';
import { freeze } from './environment/freeze.ts';
import { lift } from './environment/lift.ts';
import { show } from './environment/show.ts';
import { freezeAll } from './stop-line/freeze.ts';
import { unfreezeAll } from './stop-line/unfreeze.ts';
import { unfreeze } from './environment/unfreeze.ts';
import { evidence } from './evidence.ts';
import * as responses from './incident/respond.ts';
import { followUp } from './incident/follow-up.ts';
import { open as openIncident } from './incident/open.ts';
import { report } from './incident/report.ts';
import { show as showIncident } from './incident/show.ts';
import { list } from './list.ts';
import { migrate } from './migrate.ts';
import { plan } from './plan.ts';
import { promote } from './promote.ts';
import { reject } from './reject.ts';
import { release } from './release.ts';
import { restart } from './restart.ts';
import { rollback } from './rollback.ts';
import { rotateSecrets } from './rotate-secrets.ts';
import { add as addFault } from './sandbox/fault/add.ts';
import { clear as clearFaults } from './sandbox/fault/clear.ts';
import { list as listFaults } from './sandbox/fault/list.ts';
import { downCommand } from './sandbox/down.ts';
import { misbehave } from './sandbox/misbehave.ts';
import { clear as clearDenials } from './sandbox/permission/clear.ts';
import { deny } from './sandbox/permission/deny.ts';
import { list as listDenials } from './sandbox/permission/list.ts';
import { statusCommand } from './sandbox/status.ts';
import { tune } from './sandbox/tune.ts';
import { upCommand } from './sandbox/up.ts';
import { apply } from './schedules/apply.ts';
import { start } from './start.ts';
import { status } from './status.ts';
import { switchTraffic } from './switch-traffic.ts';
import { test } from './test.ts';
import { timeline } from './timeline.ts';
import { watch } from './watch.ts';
import { worker } from './worker.ts';

/** Every command, in the order of the help. A new one is a file and a line here. */
export const commands = {
  start,
  release,
  deploy,
  migrate,
  promote,
  rollback,
  restart,
  'rotate-secrets': rotateSecrets,
  'switch-traffic': switchTraffic,
  drill,
  approve,
  reject,
  decide,
  status,
  timeline,
  plan,
  watch,
  evidence,
  list,
  freeze: freezeAll,
  unfreeze: unfreezeAll,
  environment: {
    summary: 'an environment: its holder, queue, freezes, holds and ledger',
    commands: { show, freeze, unfreeze, 'break-lock': breakLock, lift, adopt },
  },
  incident: {
    summary: 'an incident: evidence, suspects, what to do about it',
    commands: { open: openIncident, show: showIncident, ...responses, 'follow-up': followUp, report },
  },
  drift,
  daily,
  baseline,
  schedules: { summary: 'checks that Temporal starts by itself', commands: { apply } },
  catalog: { summary: 'what can be released', commands: { check, schema } },
  alerts,
  worker,
  sandbox: {
    summary: 'a local world: Temporal, PostgreSQL, and a cloud that real clients cannot tell from the platform',
    commands: {
      up: upCommand,
      down: downCommand,
      status: statusCommand,
      fault: {
        summary: 'faults that make calls of the cloud fail or wait',
        commands: { add: addFault, list: listFaults, clear: clearFaults },
      },
      permission: {
        summary: 'permissions that the accounts of the cloud lack',
        commands: { deny, list: listDenials, clear: clearDenials },
      },
      misbehave,
      tune,
    },
  },
  test,
} satisfies Record<string, AnyCommand>;
