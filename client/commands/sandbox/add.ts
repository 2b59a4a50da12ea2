import type { MigrationAnswers } from '../../../catalog/draft/migration-entry.ts';
import type { CommandModule } from '../../cli/command.ts';
import { flags } from '../../cli/flags.ts';
import { draftFlags } from '../catalog/draft-flags.ts';

export interface AddOptions extends MigrationAnswers {
  health?: string;
  catalog?: string;
  name?: string;
  branch?: string;
  programs?: string;
  database?: boolean;
}

export const add: CommandModule<AddOptions> = {
  description: [
    'Fetches all branches and tags into the sandbox, and writes a catalog file, so that it can be deployed at once.',
    'The process web of its Procfile says how it is started: on this machine, without a container. It listens on',
    '$PORT. With migrations it gets a database, whose address is in DATABASE_URL. Called again it brings new commits.',
  ].join(' '),
  arguments: [['<repository>', 'a folder with a git repository, or the address of one']],
  flags: [
    ['--name <name>', 'name of the service (default: that of the repository)'],
    ['--branch <name>', 'the release branch (default: the one that the repository is on)'],
    ['--programs <folder>', 'folder of programs that it needs (default: .venv/bin of the repository, if it is there)'],
    ['--database', 'a database without migrations, too'],
    ...draftFlags,
    flags.catalog,
  ],
  examples: [
    './slipway sandbox add ../shop',
    './slipway sandbox add https://git.example.com/example/shop.git --branch main',
    "./slipway sandbox add ../shop --migrate 'node scripts/migrate.js' --health /status",
  ],
  connects: true,
  run: async (session, options, repository = '') => {
    const { addService } = await import('./add-service.ts');
    return addService(session, repository, options);
  },
};
