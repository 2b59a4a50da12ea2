import { describe, expect, it } from 'vitest';
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
  ServerFailure,
  Unanswered,
  UnknownQuery,
  type SlipwayError,
} from '../../client/api/errors.ts';
import { exitCodes } from '../../client/cli/exit-codes.ts';
import { asCommandError } from '../../client/cli/service-errors.ts';

describe('an error of the client, for a person', () => {
  it.each<[SlipwayError, keyof typeof exitCodes, string, string]>([
    [new Outage('away', null), 'unreachable', 'Unreachable', './slipway sandbox up'],
    [new Outage('no', null, 'UNAUTHENTICATED'), 'unreachable', 'Unreachable', 'TEMPORAL_API_KEY'],
    [new Outage('no', null, 'PERMISSION_DENIED'), 'unreachable', 'Unreachable', 'TEMPORAL_NAMESPACE'],
    [new NoConnection(), 'unreachable', 'Unreachable', 'TEMPORAL_ADDRESS'],
    [new SandboxNotFound('/x'), 'notFound', 'NotFound', './slipway sandbox up --dir /x'],
    [new NamespaceNotFound('x'), 'notFound', 'NotFound', 'temporal operator namespace create'],
    [new BadConfiguration('x'), 'badInput', 'BadConfiguration', ''],
    [new Outage('slow', null, 'DEADLINE_EXCEEDED'), 'unreachable', 'Unreachable', 'overloaded'],
    [new Unanswered('approve', 1_000, 'nobody works'), 'unreachable', 'Unreachable', './slipway worker'],
    [new Unanswered('approve', 1_000, 'nobody works'), 'unreachable', 'Unreachable', '--signal'],
    [new Refused('not yours'), 'refused', 'Refused', ''],
    [new MalformedMessage('by: must say who'), 'badInput', 'InvalidInput', ''],
    [new RunNotFound('r'), 'notFound', 'NotFound', './slipway list'],
    [new RunExists('r'), 'refused', 'Refused', './slipway status r'],
    [new UnknownQuery(), 'notFound', 'NotFound', './slipway list'],
    [new InvalidName('a"b'), 'badInput', 'InvalidInput', ''],
    [new ServerFailure('Temporal: full (RESOURCE_EXHAUSTED)', null), 'failed', 'Failed', ''],
  ])('%s ends with the exit code %s', (error, exitCode, code, hint) => {
    const translated = asCommandError(error) as { hints: string[] };
    expect(translated).toMatchObject({ exitCode: exitCodes[exitCode], code });
    expect(translated.hints.join('\n')).toContain(hint);
  });

  it('says how long a message waited, and that it may still take effect', () => {
    expect(asCommandError(new Unanswered('approve', 15_000, 'nobody works on the task queue slipway'))).toMatchObject({
      message:
        'no worker answered approve within 15 s: nobody works on the task queue slipway; it may still take effect',
    });
  });

  it('leaves a defect as it is', () => {
    const defect = new TypeError('x is undefined');
    expect(asCommandError(defect)).toBe(defect);
  });
});
