import type { CommandEntry, Commands } from '../cli/command.ts';

/** Commands that need a Temporal server, or nothing: all that the installable client has. */
export const remoteCommands: Commands = {
  release: {
    summary: "take a commit the whole way to users: checklist, one build, every environment of the service's train",
    load: async () => (await import('./release.ts')).release,
  },
  deploy: {
    summary: 'bring a commit or an image into one environment',
    load: async () => (await import('./deploy.ts')).deploy,
  },
  migrate: {
    summary: 'run migration and smoke again for what serves now',
    load: async () => (await import('./migrate.ts')).migrate,
  },
  promote: {
    summary: 'take what one environment verified to the next',
    load: async () => (await import('./promote.ts')).promote,
  },
  rollback: {
    summary: 'go back to a known-good state; neither a freeze nor a queue stops it',
    load: async () => (await import('./rollback.ts')).rollback,
  },
  restart: {
    summary: 'make all instances anew, with the image and the configuration that they have',
    load: async () => (await import('./restart.ts')).restart,
  },
  'rotate-secrets': {
    summary: 'give what serves the next versions of its secrets, and disable the old ones once all is well',
    load: async () => (await import('./rotate-secrets.ts')).rotateSecrets,
  },
  'switch-traffic': {
    summary: 'disable a risky path of traffic by its declared switch, or enable it again',
    load: async () => (await import('./switch-traffic.ts')).switchTraffic,
  },
  drill: {
    summary: 'disturb a service on purpose while clients stream, and report what they saw',
    load: async () => (await import('./drill.ts')).drill,
  },
  approve: {
    summary: 'approve the plan of a run that waits for it',
    load: async () => (await import('./approve.ts')).approve,
  },
  reject: {
    summary: 'reject the plan of a run that waits for approval',
    load: async () => (await import('./reject.ts')).reject,
  },
  decide: { summary: 'decide how a parked run goes on', load: async () => (await import('./decide.ts')).decide },
  status: {
    summary: 'show what a run is doing, what it waits for, and the commands that go on',
    load: async () => (await import('./status.ts')).status,
  },
  timeline: {
    summary: 'show what happened in a run, in order',
    load: async () => (await import('./timeline.ts')).timeline,
  },
  plan: {
    summary: 'show what a run will do, as the approval names it',
    load: async () => (await import('./plan.ts')).plan,
  },
  watch: { summary: 'follow a run to its end', load: async () => (await import('./watch.ts')).watch },
  ledger: {
    summary: 'the stored record of environments',
    commands: {
      verify: {
        summary: 'check that stored ledgers are whole, and say what is missing',
        load: async () => (await import('./ledger/verify.ts')).verify,
      },
    },
  },
  evidence: {
    summary: 'what was checked of a release before users got it, with every hash verified',
    load: async () => (await import('./evidence.ts')).evidence,
  },
  board: {
    summary: 'serve a page of all environments: what serves, what moves, what waits for whom, incidents',
    load: async () => (await import('./board.ts')).board,
  },
  list: { summary: 'list the changes that are running', load: async () => (await import('./list.ts')).list },
  freeze: {
    summary: 'stop the line: nobody may release anywhere, or nowhere of one service',
    load: async () => (await import('./stop-line/freeze.ts')).freezeAll,
  },
  unfreeze: {
    summary: 'end a stop of the line, and nothing else that freezes an environment',
    load: async () => (await import('./stop-line/unfreeze.ts')).unfreezeAll,
  },
  environment: {
    summary: 'an environment: its holder, queue, freezes, holds and ledger',
    commands: {
      show: {
        summary:
          'show what serves and what is recorded, who holds it, who waits, last known good, freezes, holds, ledger',
        load: async () => (await import('./environment/show.ts')).show,
      },
      freeze: {
        summary: 'forbid releases here, until a time or until it is unfrozen',
        load: async () => (await import('./environment/freeze.ts')).freeze,
      },
      unfreeze: { summary: 'end a freeze', load: async () => (await import('./environment/unfreeze.ts')).unfreeze },
      'break-lock': {
        summary: 'take the environment from its holder, after a look at what it left',
        load: async () => (await import('./environment/break-lock.ts')).breakLock,
      },
      lift: {
        summary: 'allow an artifact on hold to be released again',
        load: async () => (await import('./environment/lift.ts')).lift,
      },
      adopt: {
        summary: 'take what serves for what should, though it differs from the ledger',
        load: async () => (await import('./environment/adopt.ts')).adopt,
      },
    },
  },
  incident: {
    summary: 'an incident: evidence, suspects, what to do about it',
    commands: {
      open: {
        summary: 'open an incident: evidence, suspects and a proposal come by themselves',
        load: async () => (await import('./incident/open.ts')).open,
      },
      show: {
        summary: 'show what is broken, since when, who is on it, what changed, and what to do next',
        load: async () => (await import('./incident/show.ts')).show,
      },
      ack: { summary: 'say that you are on it', load: async () => (await import('./incident/respond.ts')).ack },
      classify: {
        summary: 'say how grave it is, or of which category',
        load: async () => (await import('./incident/respond.ts')).classify,
      },
      note: {
        summary: 'write into the timeline, or answer an item of the checklist',
        load: async () => (await import('./incident/respond.ts')).note,
      },
      mitigate: {
        summary: 'do what is proposed, or something else',
        load: async () => (await import('./incident/respond.ts')).mitigate,
      },
      communicate: {
        summary: 'say status and estimate to those who wait',
        load: async () => (await import('./incident/respond.ts')).communicate,
      },
      resolve: {
        summary: 'say that it is over; the symptom is looked at first',
        load: async () => (await import('./incident/respond.ts')).resolve,
      },
      'follow-up': {
        summary: 'say what has to be done after it, by whom and until when',
        load: async () => (await import('./incident/follow-up.ts')).followUp,
      },
      report: {
        summary: 'write the report of an incident, also of one that is over',
        load: async () => (await import('./incident/report.ts')).report,
      },
    },
  },
  drift: {
    summary: 'compare what serves with the ledger and the invariants',
    load: async () => (await import('./drift.ts')).drift,
  },
  daily: {
    summary: 'make the daily checks of an environment, and say what is off',
    load: async () => (await import('./daily.ts')).daily,
  },
  notify: {
    summary: 'send a test message through each channel that people are told by',
    load: async () => (await import('./notify.ts')).notify,
  },
  baseline: {
    summary: 'check what must hold before work on a service begins (Gate G0)',
    load: async () => (await import('./baseline.ts')).baseline,
  },
  schedules: {
    summary: 'checks that Temporal starts by itself',
    commands: {
      apply: {
        summary: "make Temporal's schedules those of the catalog",
        load: async () => (await import('./schedules/apply.ts')).apply,
      },
    },
  },
  ui: {
    summary: 'the list of runs in the Temporal UI',
    commands: {
      setup: {
        summary: 'create its search attributes, and tell how a browser gets our views and columns',
        load: async () => (await import('./ui/setup.ts')).setup,
      },
    },
  },
  catalog: {
    summary: 'what can be released',
    commands: {
      new: {
        summary: 'describe a service of your own: look at its repository, ask, and write a first catalog file',
        load: async () => (await import('./catalog/new.ts')).newFile,
      },
      check: {
        summary: 'list every problem of the catalog, with file, line and path',
        load: async () => (await import('./catalog/check.ts')).check,
      },
      schema: {
        summary: 'print the JSON Schema of a catalog file, for editors',
        load: async () => (await import('./catalog/schema.ts')).schema,
      },
      reference: {
        summary: 'print every field of a catalog file with its meaning, as Markdown',
        load: async () => (await import('./catalog/reference.ts')).reference,
      },
    },
  },
  config: {
    summary: 'show what is set for you, and by what',
    load: async () => (await import('./config.ts')).config,
  },
  completion: completionEntry(() => remoteCommands),
};

/** Makes the entry of the command that completes the commands of a program. */
export function completionEntry(commands: () => Commands): CommandEntry {
  return {
    summary: 'print the script that makes bash, zsh or fish complete commands and names',
    load: async () => (await import('./completion.ts')).completionFor(commands()),
  };
}
