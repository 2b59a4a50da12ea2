import {
  BadConfiguration,
  InvalidName,
  MalformedMessage,
  NamespaceNotFound,
  NoConnection,
  Outage,
  Refused,
  RunExists,
  RunNotFound,
  SandboxNotFound,
  SlipwayError,
  Unanswered,
  UnknownQuery,
} from '../api/errors.ts';
import { CommandError } from './command-error.ts';
import { exitCodes } from './exit-codes.ts';
import { slipwayLine } from '../../contract/shell-word.ts';

/** Translates an error of the client to a sentence with hints and an exit code. Any other error passes unchanged. */
export function asCommandError(error: unknown): unknown {
  if (isLeftOut(error)) return leftOut(error);
  if (!(error instanceof SlipwayError)) return error;
  return connectionError(error) ?? runError(error) ?? CommandError.failed(error.message);
}

/** Says whether a library is missing that the installable client leaves out (client/package/pack.ts). */
function isLeftOut(error: unknown): error is Error {
  return error instanceof Error && 'code' in error && error.code === 'ERR_MODULE_NOT_FOUND';
}

function leftOut({ message }: Error): CommandError {
  const name = /Cannot find package '([^']+)'/.exec(message)?.[1];
  if (name === undefined) return CommandError.failed(message);
  return CommandError.failed(`this command needs ${name}, which this package leaves out`, [
    `npm install ${name} beside it, or call the command in Slipway's own repository`,
  ]);
}

function connectionError(error: SlipwayError): CommandError | undefined {
  if (error instanceof Outage) return CommandError.unreachable(error.message, outageHints(error));
  if (error instanceof NoConnection)
    return CommandError.unreachable(error.message, [
      'a local world, with everything in it: ./slipway sandbox up --detach',
      'your own server: TEMPORAL_ADDRESS=host:7233 (and TEMPORAL_NAMESPACE, TEMPORAL_API_KEY)',
      'a profile: temporal config set --prop address --value host:7233',
    ]);
  if (error instanceof SandboxNotFound)
    return CommandError.notFound(error.message, [`./slipway sandbox up --dir ${error.dir}`]);
  if (error instanceof NamespaceNotFound)
    return CommandError.notFound(error.message, [
      'set TEMPORAL_NAMESPACE, or create it: temporal operator namespace create',
    ]);
  if (error instanceof BadConfiguration)
    return new CommandError(error.message, { exitCode: exitCodes.badInput, code: 'BadConfiguration' });
  return undefined;
}

function runError(error: SlipwayError): CommandError | undefined {
  if (error instanceof Unanswered) return CommandError.unreachable(error.message, unansweredHints);
  if (error instanceof Refused) return CommandError.refused(error.message);
  if (error instanceof MalformedMessage)
    return new CommandError(error.message, { exitCode: exitCodes.badInput, code: 'InvalidInput' });
  if (error instanceof RunNotFound) return CommandError.notFound(error.message, ['what runs: ./slipway list']);
  if (error instanceof RunExists)
    return CommandError.refused(error.message, [slipwayLine('status', error.workflowId), 'give another --id, or none']);
  if (error instanceof UnknownQuery)
    return CommandError.notFound(error.message, ['check that the id is that of a Slipway run: ./slipway list']);
  if (error instanceof InvalidName) return CommandError.badInput([{ path: '', message: error.message }]);
  return undefined;
}

function outageHints({ status }: Outage): string[] {
  if (status === 'UNAUTHENTICATED') return ['check TEMPORAL_API_KEY or the certificates of the profile'];
  if (status === 'DEADLINE_EXCEEDED') return ['is the server overloaded, or behind a proxy?'];
  if (status === 'PERMISSION_DENIED') return ['check that the credentials are for this namespace (TEMPORAL_NAMESPACE)'];
  return [
    'is the server running? for a local one: ./slipway sandbox up --detach',
    'the address comes from --dir, TEMPORAL_ADDRESS, a profile, or the live sandbox',
  ];
}

const unansweredHints = [
  'if no worker is running, start one: ./slipway worker',
  'before you repeat it, see what happened: ./slipway status <run>',
  'or send it without waiting for a worker: the same command with --signal',
];
