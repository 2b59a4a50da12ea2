import { catalogJsonSchema } from '../../../catalog/load.ts';
import type { CommandModule } from '../../cli/command.ts';
import { exitCodes } from '../../cli/exit-codes.ts';

export const schema: CommandModule = {
  summary: 'print the JSON Schema of a catalog file, for editors',
  examples: ['./slipway catalog schema > catalog.schema.json'],
  run: async ({ output }) => {
    const found = catalogJsonSchema();
    output.result(found);
    output.line(JSON.stringify(found, null, 2));
    return Promise.resolve(exitCodes.ok);
  },
};
