import path from 'node:path';
import type { CommandModule } from '../cli/command.ts';
import { exitCodes } from '../cli/exit-codes.ts';
import { projectFolder } from '../cli/project-folder.ts';

export const test: CommandModule = {
  description: 'Everything after the command is handed on to vitest, the runner of the tests.',
  arguments: [['[words...]', 'files, or flags of vitest']],
  examples: ['./slipway test', './slipway test test/client -t refusal'],
  passesOn: true,
  handlesInterrupt: true,
  run: async ({ output }, _options, ...words) => {
    const [{ execa }, { obtain }, { temporalCli }] = await Promise.all([
      import('execa'),
      import('../../sandbox/servers/obtain.ts'),
      import('../../sandbox/servers/temporal.ts'),
    ]);
    const cli = await obtain(temporalCli, output.progress);
    const runner = path.join(projectFolder, 'test/run.ts');
    const { exitCode } = await execa(process.execPath, ['--disable-warning=ExperimentalWarning', runner, ...words], {
      cwd: projectFolder,
      env: { [temporalCli.variable]: cli },
      stdio: output.forProgram ? ['ignore', 'ignore', 'inherit'] : 'inherit',
      reject: false,
    });
    const passed = exitCode === 0;
    output.result({ passed });
    return passed ? exitCodes.ok : exitCodes.failed;
  },
};
