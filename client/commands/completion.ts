import { shells, type Shell } from '../cli/completion-scripts.ts';
import { CommandError } from '../cli/command-error.ts';
import type { CommandModule, Commands } from '../cli/command.ts';
import { exitCodes } from '../cli/exit-codes.ts';

/** Makes the command that completes the commands of this program. */
export const completionFor = (commands: Commands): CommandModule => ({
  description: [
    'Prints a script that makes the shell complete commands, flags, and the names of services, environments and runs.',
    'It asks this program at each tab, so it need not be made anew after an update.',
  ].join(' '),
  arguments: [
    ['<shell>', shells.join(', '), { names: shells }],
    ['[words...]', 'used by the script: with `words`, the words of a command line so far'],
  ],
  examples: [
    'source <(./slipway completion bash)',
    './slipway completion zsh > ~/.zfunc/_slipway',
    './slipway completion fish | source',
  ],
  run: async (session, _options, shell = '', ...words) => {
    const { completeWords, printScript } = await import('./complete-words.ts');
    if (shell === 'words') await completeWords(session, commands, words);
    else if (isShell(shell)) printScript(session, shell);
    else throw CommandError.badInput([{ path: 'shell', message: `must be one of ${shells.join(', ')}` }]);
    return exitCodes.ok;
  },
});

function isShell(text: string): text is Shell {
  return shells.some((shell) => shell === text);
}
