/**
 * Runs `./slipway` in this process with each list of words of the first argument (JSON). Prints as JSON which packages
 * each has loaded, those of the lists before it included.
 */
import { registerHooks } from 'node:module';

const loaded = new Set<string>();
registerHooks({
  load: (url, context, nextLoad) => {
    const [, name] = /.*\/node_modules\/((?:@[^/]+\/)?[^/]+)/.exec(url) ?? [];
    if (name !== undefined) loaded.add(name);
    return nextLoad(url, context);
  },
});
const [{ commands }, { runProgram }] = await Promise.all([
  import('../../client/commands/index.ts'),
  import('../../client/cli/program.ts'),
]);

const answers: string[][] = [];
const write = process.stdout.write.bind(process.stdout);
process.stdout.write = () => true;
process.stderr.write = () => true;
for (const words of JSON.parse(process.argv[2] ?? '[]') as string[][]) {
  await runProgram(commands, words);
  answers.push([...loaded].sort());
}
write(JSON.stringify(answers), () => process.exit(0));
