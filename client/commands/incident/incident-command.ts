import type { IncidentMessage } from '../../../contract/message-names.ts';
import type { CommandModule, Flag } from '../../cli/command.ts';
import { flags, runArgument } from '../../cli/flags.ts';
import type { SendFlags } from '../../requests/send-message.ts';

export interface IncidentOptions extends SendFlags {
  environment?: string;
  by?: string;
  key?: string;
}

export interface IncidentCommand<Options> extends Pick<CommandModule, 'description' | 'examples'> {
  message: IncidentMessage;
  /** The command's own flags; those of every message to an incident are added. */
  flags: Flag[];
  /** Picks the fields of the payload that come from the own flags. */
  fieldsOf(options: Options): Record<string, unknown>;
  /** Says what to do instead where the incident is over. */
  whenClosed?: (workflowId: string) => string[];
}

/** Makes a command that sends a responder's message to an incident. */
export function incidentCommand<Options extends object>(
  command: IncidentCommand<Options>,
): CommandModule<Options & IncidentOptions> {
  const { description, examples } = command;
  return {
    ...(description === undefined ? {} : { description }),
    arguments: [runArgument],
    flags: [...command.flags, flags.environment, flags.by, flags.signal, flags.timeout],
    examples,
    connects: true,
    run: async (session, options, given) => {
      const { sendToIncident } = await import('./send-to-incident.ts');
      return sendToIncident(command, session, options, given);
    },
  };
}
