import { z } from 'zod';
import { argument, environmentVariable } from './fields.ts';
import { commandGate } from './gates.ts';
import { workerVariable } from './notifications.ts';

/**
 * Describes the baseline of a service: what must hold on a machine before work on the service begins (runbook 001,
 * section 9; runbook 003, local baseline), and the service's validation commands (runbook 001, section 8).
 */

const hint = argument
  .min(1, 'must not be blank')
  .optional()
  .describe('What a person does when this does not hold. Default: a sentence that follows from what was found.');

const postgres = z.strictObject({
  address: z
    .string('must be <host>:<port>')
    .regex(/^[\w.-]+:\d{1,5}$/, 'must be <host>:<port>')
    .describe('`<host>:<port>` of the server.'),
  user: z
    .string('must be a user')
    .regex(/^[\w.-]{1,63}$/, 'must be the name of a user')
    .describe('The user who connects.'),
  // Invariant I9.
  password: workerVariable
    .optional()
    .describe("The worker's variable with the password. Without it `PGPASSWORD` and the password file count."),
  databases: z
    .array(z.string('must be a database').regex(/^[\w-]{1,63}$/, 'must be the name of a database'))
    .min(1, 'must have a database')
    .describe('Databases that must be there.'),
  hint,
});

/** A gate of kind `command`, and what it must print. */
const command = commandGate
  .omit({ kind: true, install: true })
  .extend({
    prints: z
      .array(argument.min(3, 'must be at least 3 characters'))
      .max(10, 'at most 10 texts')
      .optional()
      .describe('Texts that must each be in a line of its output; if it runs twice, in that of the second run.'),
    idempotent: z
      .boolean('must be true or false')
      .optional()
      .describe('True if it runs twice, and the second run must succeed as the first.'),
    hint,
  })
  .meta({
    id: 'baselineCommand',
    title: 'Command of a baseline',
    description: 'A program of the service, run in a clean checkout. Packages are installed by a command of their own.',
  });

const commands = z.array(command).max(20, 'at most 20 commands');

export const baseline = z
  .strictObject({
    postgres: postgres.optional().describe('The PostgreSQL server that work on the service needs.'),
    variables: z
      .record(environmentVariable, argument)
      .default({})
      .describe(
        'Variables of all commands. `{postgres}` stands for `postgres://<user>:<password>@<address>`; it is put in ' +
          'when a command starts, and is never recorded.',
      ),
    commands: commands.min(1, 'must have a command').describe('Programs that must succeed, in order.'),
    validation: commands.default([]).describe('Programs of `./slipway baseline <service> --validation`, in order.'),
  })
  .check(({ value, issues }) => {
    for (const list of ['commands', 'validation'] as const) {
      const names = [...postgresChecks, commitCheck, ...value[list].map((one) => one.name)];
      value[list].forEach((one, index) => {
        if (names.filter((other) => other === one.name).length > 1)
          issues.push({
            code: 'custom',
            input: one.name,
            path: [list, index, 'name'],
            message: `${one.name} is the name of another check`,
          });
      });
    }
    if (value.postgres === undefined && JSON.stringify(value).includes(postgresPlaceholder))
      issues.push({
        code: 'custom',
        input: value.variables,
        path: ['postgres'],
        message: `must be there: a variable has ${postgresPlaceholder}`,
      });
  })
  .meta({
    id: 'baseline',
    title: 'Baseline',
    description: 'What must hold on a machine before work on the service begins: `./slipway baseline`.',
  });

/** Stands in variables of commands for the address of the database server. */
export const postgresPlaceholder = '{postgres}';

/** Names of the checks that are not commands of the catalog. */
export const postgresChecks = ['postgres', 'databases'] as const;
export const commitCheck = 'commit';

export type BaselineEntry = z.infer<typeof baseline>;
export type BaselinePostgres = z.infer<typeof postgres>;
export type BaselineCommand = z.infer<typeof command>;
