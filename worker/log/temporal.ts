import type { Logger as TemporalLogger, LogLevel, LogMetadata, TelemetryOptions } from '@temporalio/worker';
import type { Level, Logger } from 'pino';
import { isEarly } from '../../contract/early-query.ts';

const levels: Record<LogLevel, Level> = { TRACE: 'trace', DEBUG: 'debug', INFO: 'info', WARN: 'warn', ERROR: 'error' };

/** Lines of the SDK that a person can do nothing with: we say the same ourselves, or nothing is wrong. */
const needless = [
  'Worker state changed',
  'No Nexus services registered',
  // Whoever asked has given up; the next question is answered.
  'Query not found when attempting to respond to it',
];

/** Has the SDK's core write through our logger, as all else does. */
export const coreLogs: TelemetryOptions['logging'] = { forward: {}, filter: { core: 'WARN', other: 'ERROR' } };

/** Writes the SDK's log lines through our logger. */
export function temporalLogger(log: Logger): TemporalLogger {
  const write = (level: LogLevel, message: string, meta: LogMetadata = {}) => {
    // Nothing failed: whoever asks again is answered.
    if (isEarly(meta['error']))
      log.info({ workflowId: meta['workflowId'] }, 'a query came before its workflow task; it is asked again');
    else if (needless.some((text) => message.startsWith(text)) || isBundling(message, meta)) log.debug(meta, message);
    else log[levels[level]](meta, message);
  };
  return {
    log: write,
    trace: (message, meta) => write('TRACE', message, meta),
    debug: (message, meta) => write('DEBUG', message, meta),
    info: (message, meta) => write('INFO', message, meta),
    warn: (message, meta) => write('WARN', message, meta),
    error: (message, meta) => write('ERROR', message, meta),
  };
}

/** Says whether a line is what the bundler has to tell when all went well. */
function isBundling(message: string, meta: LogMetadata): boolean {
  return message.startsWith('asset workflow-bundle') || (message === 'Workflow bundle created' && 'size' in meta);
}
