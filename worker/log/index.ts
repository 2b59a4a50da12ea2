import { pino, type DestinationStream, type Logger } from 'pino';
import { loggedError } from './error.ts';
import { lineText } from './lines.ts';

/** Where a log goes: a terminal, or a pipe that a machine reads. */
type Destination = DestinationStream & { isTTY?: boolean };

/**
 * Creates the worker's log. On a terminal it has lines for people, elsewhere a JSON object a line (`level`, `time` as
 * ISO 8601 in UTC, `msg`, `error`). `level` is one of pino's: `debug`, `info`, `warn`, `error`. `redactLine` takes the
 * secrets out of each of these objects.
 */
export async function createLog(
  level: string,
  destination: Destination,
  redactLine: (line: string) => string = (line) => line,
): Promise<Logger> {
  return pino(
    {
      level,
      base: null,
      timestamp: pino.stdTimeFunctions.isoTime,
      formatters: { level: (name) => ({ level: name }) },
      serializers: { error: loggedError },
      hooks: { streamWrite: redactLine },
    },
    destination.isTTY === true ? await linesTo(destination) : destination,
  );
}

/** Writes lines for people. What only a terminal needs is loaded for a terminal only. */
async function linesTo(destination: DestinationStream): Promise<DestinationStream> {
  const { PinoPretty } = await import('pino-pretty');
  return PinoPretty({
    colorize: process.env['NO_COLOR'] === undefined || process.env['NO_COLOR'] === '',
    destination,
    hideObject: true,
    messageFormat: (fields) => lineText(fields),
    translateTime: 'SYS:HH:MM:ss Z',
  });
}
