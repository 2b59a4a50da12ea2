import type { CommandModule } from '../../cli/command.ts';
import { yesFlag } from '../../requests/confirm.ts';

export interface ProbeFlags {
  project?: string;
  region?: string;
  image?: string;
  jobImage?: string;
  file?: string;
  clean?: boolean;
  yes?: boolean;
}

export const probe: CommandModule<ProbeFlags> = {
  description: [
    'Makes a Cloud Run service and a job of its own, tries with them each question of docs/platform-assumptions.md,',
    'prints what the platform answered and what Slipway assumes, and removes both again, also after Ctrl-C. It says',
    'what it makes and what that costs before it begins. It uses your Application Default Credentials: with those of',
    "the worker's account it also says which permissions that lacks. An answer that differs is no failure.",
  ].join(' '),
  flags: [
    ['--project <id>', 'the Google Cloud project (default: that of the sandbox)'],
    ['--region <name>', 'its region (default: that of the sandbox, else us-central1)'],
    ['--image <reference>', 'image of the service; it listens at PORT (default: the public hello image of Cloud Run)'],
    ['--job-image <reference>', 'image of the job; it ends by itself (default: the public job image of Cloud Run)'],
    ['--file <path>', 'write the answers into this file, too, as JSON', { names: 'files' }],
    ['--clean', 'ask nothing: remove what earlier probes have left in the project and region'],
    yesFlag,
  ],
  examples: [
    './slipway probe --project example-project --region europe-west1 --file answers.json',
    './slipway probe --project example-project --region europe-west1 --clean',
    './slipway probe # the sandbox',
  ],
  connects: true,
  handlesInterrupt: true,
  run: async (session, options) => {
    const { runProbe } = await import('./run-probe.ts');
    return runProbe(session, options);
  },
};
