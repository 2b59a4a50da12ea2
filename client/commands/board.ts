import type { CommandModule } from '../cli/command.ts';
import { flags } from '../cli/flags.ts';
import { parseDuration, parsePort } from '../cli/values.ts';

export interface BoardOptions {
  host: string;
  port: number;
  name?: string;
  every: number | string;
  catalog?: string;
}

export const board: CommandModule<BoardOptions> = {
  description: [
    'Serves one page until Ctrl-C: every service and environment with what serves, since when and by whom; what moves;',
    'what waits for whom, with the command; freezes, holds, open incidents, and the changes of the last seven days. It',
    'updates by itself, and only while somebody looks. It changes nothing. What serves is asked of the platform by',
    'short runs of checkDrift. With --json the same is printed once.',
  ].join(' '),
  flags: [
    ['--host <address>', 'where to listen; everybody who reaches it can read', { fallback: '127.0.0.1' }],
    ['--port <number>', 'where to listen; 0 takes a free one', { fallback: 8234, parse: parsePort }],
    ['--name <names>', 'names besides localhost by which browsers may call it, with commas between them'],
    [
      '--every <duration>',
      'how often the platform is asked about a place where nothing moves',
      { fallback: '2m', parse: parseDuration },
    ],
    flags.catalog,
  ],
  examples: [
    './slipway board',
    './slipway board --port 8080 --every 5m',
    './slipway board --host 0.0.0.0 --name board.example.com',
    './slipway board --json',
  ],
  connects: true,
  handlesInterrupt: true,
  run: async (session, options) => {
    const { openBoard } = await import('./open-board.ts');
    return openBoard(session, options);
  },
};
