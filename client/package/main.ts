import { enableCompileCache } from 'node:module';

enableCompileCache();
process.env['SLIPWAY_PROGRAM'] ??= 'slipway';
const [{ remoteCommands }, { runMain }] = await Promise.all([
  import('../commands/remote.ts'),
  import('../cli/run-main.ts'),
]);
await runMain(remoteCommands);
