import type { Commands } from '../cli/command.ts';
import { completionEntry, remoteCommands } from './remote.ts';

/** Every command, in the order of the help. A new one is a file and an entry here, or in remote.ts. */
export const commands: Commands = {
  start: {
    summary: 'start everything at once: local world, worker, and a real release that you approve',
    load: async () => (await import('./start.ts')).start,
  },
  ...remoteCommands,
  completion: completionEntry(() => commands),
  alerts: {
    summary: "receive Alertmanager's webhook and open incidents, until stopped",
    load: async () => (await import('./alerts.ts')).alerts,
  },
  probe: {
    summary: 'ask the real platform what Slipway assumes of it, in your own project; all that it makes is removed',
    load: async () => (await import('./probe/probe.ts')).probe,
  },
  worker: { summary: 'do the work of runs until stopped', load: async () => (await import('./worker.ts')).worker },
  sandbox: {
    summary: 'a local world: Temporal, PostgreSQL, and a cloud that real clients cannot tell from the platform',
    commands: {
      up: {
        summary: 'bring the local world up, and keep it up until Ctrl-C',
        load: async () => (await import('./sandbox/up.ts')).upCommand,
      },
      down: {
        summary: 'stop the local world; its state stays',
        load: async () => (await import('./sandbox/down.ts')).downCommand,
      },
      status: {
        summary: 'show whether the parts of the local world are up, and where they listen',
        load: async () => (await import('./sandbox/status.ts')).statusCommand,
      },
      add: {
        summary: 'bring a service of your own into the local world, so that it can be deployed there',
        load: async () => (await import('./sandbox/add.ts')).add,
      },
      logs: {
        summary: 'show what a service and its migrations have written last',
        load: async () => (await import('./sandbox/logs.ts')).logs,
      },
      fault: {
        summary: 'faults that make calls of the cloud fail or wait',
        commands: {
          add: {
            summary: 'make the nth call of a method fail or wait, counted from now',
            load: async () => (await import('./sandbox/fault/add.ts')).add,
          },
          list: {
            summary: 'list the faults that were added, and which have happened',
            load: async () => (await import('./sandbox/fault/list.ts')).list,
          },
          clear: { summary: 'remove all faults', load: async () => (await import('./sandbox/fault/clear.ts')).clear },
        },
      },
      permission: {
        summary: 'what the accounts of the cloud may do',
        commands: {
          deny: {
            summary: 'take a permission away from the account that the platform asks for it',
            load: async () => (await import('./sandbox/permission/deny.ts')).deny,
          },
          give: {
            summary: 'give an account exactly these permissions',
            load: async () => (await import('./sandbox/permission/give.ts')).give,
          },
          list: {
            summary: 'list the permissions that were taken away or given',
            load: async () => (await import('./sandbox/permission/list.ts')).list,
          },
          clear: {
            summary: 'give back what was taken away, and take back what was given',
            load: async () => (await import('./sandbox/permission/clear.ts')).clear,
          },
        },
      },
      misbehave: {
        summary: 'make a sample service misbehave as in an incident, or end it',
        load: async () => (await import('./sandbox/misbehave.ts')).misbehave,
      },
      tune: {
        summary: 'show or set how slow the cloud of the sandbox is',
        load: async () => (await import('./sandbox/tune.ts')).tune,
      },
    },
  },
  setup: {
    summary: 'fetch or build all that is needed, and start nothing',
    load: async () => (await import('./setup.ts')).setup,
  },
  test: {
    summary: 'run type check, lint and tests, as npm test does',
    load: async () => (await import('./test.ts')).test,
  },
};
