import type { CommandModule } from '../../cli/command.ts';
import { flags } from '../../cli/flags.ts';
import type { DraftAnswers } from '../../requests/ask-for-draft.ts';
import { draftFlags } from './draft-flags.ts';

export interface NewOptions extends DraftAnswers {
  catalog?: string;
  yes?: boolean;
}

export const newFile: CommandModule<NewOptions> = {
  description: [
    'Looks at the Procfile, the Dockerfile and the migrations of the last commit, asks at a terminal for what no flag',
    'says, and writes a file that catalog check accepts. It never overwrites one.',
  ].join(' '),
  arguments: [['[folder]', "the service's git repository on this machine (default: the folder you are in)"]],
  flags: [
    ['--service <name>', 'name of the service (default: that of the repository)'],
    ['--description <text>', 'what it is, in one sentence'],
    ['--url <url>', 'the repository as the worker reaches it (default: the remote origin)'],
    ['--branch <name>', 'the release branch (default: that of the remote, else the current one)'],
    ['--project <id>', 'the Google Cloud project'],
    ['--region <name>', 'its region (default: us-central1)'],
    ['--environments <names>', 'separated by commas, in the order of a release (default: production)'],
    ['--approvers <addresses>', 'who approves releases, separated by commas'],
    ['--developers <addresses>', 'who asks for releases, separated by commas (default: you)'],
    ['--docker', 'the image is built by the Dockerfile (default: where there is one, and no Procfile)'],
    ...draftFlags,
    flags.catalog,
    ['--yes', 'ask nothing: what no flag says is as it was found'],
  ],
  examples: [
    './slipway catalog new ../shop',
    './slipway catalog new ../shop --yes --project example-project --approvers release-owner@example.com',
  ],
  run: async (session, options, folder) => {
    const { createFile } = await import('./create-file.ts');
    return createFile(session, folder, options);
  },
};
