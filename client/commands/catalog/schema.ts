import type { CommandModule } from '../../cli/command.ts';
import { exitCodes } from '../../cli/exit-codes.ts';

export const schema: CommandModule = {
  examples: ['./slipway catalog schema > catalog.schema.json'],
  run: async ({ output }) => {
    const { catalogJsonSchema } = await import('../../../catalog/json-schema.ts');
    const found = catalogJsonSchema();
    output.result(found);
    output.line(JSON.stringify(found, null, 2));
    return exitCodes.ok;
  },
};
