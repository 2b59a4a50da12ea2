import type { CommandModule } from '../../../cli/command.ts';
import { CommandError } from '../../../cli/command-error.ts';
import { exitCodes } from '../../../cli/exit-codes.ts';
import { required } from '../../../cli/flags.ts';
import { denialLine, type Denial } from '../../../view/permissions.ts';

interface Options {
  permission?: string;
  resource?: string;
}

export const deny: CommandModule<Options> = {
  description: [
    'secretmanager.versions.access: from the account of the service.',
    "artifactregistry.repositories.downloadArtifacts: from Cloud Run's own service agent. run.routes.invoke: from",
    'everybody, so that the service is not public. Each other: from whoever calls.',
  ].join(' '),
  flags: [
    required(['--permission <name>', 'the permission, in the words of the platform']),
    ['--resource <part>', 'part of the name of a resource; without it all resources'],
  ],
  examples: [
    './slipway sandbox permission deny --permission run.services.update --resource services/oneiric',
    './slipway sandbox permission deny --permission secretmanager.versions.access --resource oneiric-api-key',
  ],
  connects: true,
  run: async (session, { permission, resource }) => {
    if (permission === undefined) throw CommandError.badInput([{ path: 'permission', message: 'must be given' }]);
    const { controlCloud } = await import('../../../local/sandbox-control.ts');
    const request = { method: 'POST', path: 'permissions', body: { permission, resource } } as const;
    const denial = (await controlCloud(session, request)) as Denial;
    session.output.result(denial);
    session.output.line(denialLine(denial));
    return exitCodes.ok;
  },
};
