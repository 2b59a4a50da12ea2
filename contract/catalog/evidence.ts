import { z } from 'zod';
import { argument, count, environmentVariable, jsonPointer, name } from './fields.ts';
import { authGate, commandGate, expectedValues, httpGate } from './gates.ts';
import { ticket } from './tickets.ts';
import { evidenceJobOf, hasCandidate, type TargetEntry } from './targets/index.ts';

/** Describes what is checked and kept of a release before users get it (runbook 002, sections 3, 6 and 8). */

const program = z
  .strictObject({
    name: name.describe('Its name.'),
    command: z.array(argument).min(1, 'must name a program').describe('The program.'),
    args: z.array(argument).default([]).describe('Its arguments.'),
    variables: z
      .record(environmentVariable, argument)
      .default({})
      .describe('Variables besides those of the environment. `{url}` and `{commit}` stand for the candidate.'),
    timeoutSeconds: count('a number of seconds', 1, 3_600).default(120).describe('The longest that it may run.'),
    json: expectedValues
      .optional()
      .describe(
        'JSON pointers into the output, and the value that must be there or a list of such values. `{commit}`, ' +
          '`{environment}` and `{manifest}`, the SHA-256 of the packed manifest, stand for theirs.',
      ),
    present: z.array(jsonPointer).optional().describe('JSON pointers at which the output must have something.'),
  })
  .meta({
    id: 'program',
    title: 'Program of the evidence',
    description:
      'A program of the service, in the image of the release. What it prints is one JSON document if `json` or ' +
      '`present` look into it.',
  });
export type EvidenceProgram = z.infer<typeof program>;

const gate = z.discriminatedUnion('kind', [httpGate, authGate, commandGate], 'must be of kind http, auth or command');

export const evidence = z
  .strictObject({
    programs: z
      .array(program)
      .max(20, 'at most 20 programs')
      .default([])
      .describe('Programs of the service that must succeed, in order.'),
    gates: z
      .array(gate)
      .max(20, 'at most 20 gates')
      .default([])
      .describe('Requests to the candidate, and programs of a clean checkout.'),
    allowedOnStderr: z
      .array(argument.min(3, 'must be at least 3 characters'))
      .default([])
      .describe('Texts of lines that a healthy release may write to stderr. Any other line there is a no.'),
    tickets: z
      .array(ticket)
      .max(5, 'at most 5 tickets')
      .default([])
      .describe('Where the evidence is attached when the change has ended.'),
  })
  .meta({
    id: 'evidence',
    title: 'Evidence',
    description:
      'What is checked and kept of a release before users get it: [evidence](evidence.md). Without it nothing is.',
  });
export type EvidenceEntry = z.infer<typeof evidence>;

/** Finds what an environment with evidence lacks for it. */
export function evidenceProblems(
  { programs, gates }: EvidenceEntry,
  target: TargetEntry,
): { path: string[]; message: string }[] {
  const names = [...programs, ...gates].map((check) => check.name);
  const twice = names.filter((check, index) => names.indexOf(check) !== index);
  const calls = gates.some(({ kind }) => kind !== 'command');
  const problems: [boolean, string[], string][] = [
    [names.length === 0, ['evidence'], 'must have a program or a gate'],
    [twice.length > 0, ['evidence'], `names ${twice[0] ?? ''} twice: kept files are named by it`],
    [
      programs.length > 0 && evidenceJobOf(target) === null,
      ['target'],
      'must have an evidenceJob, since there are programs of evidence',
    ],
    [
      calls && !hasCandidate(target),
      ['evidence', 'gates'],
      `must only have commands: on ${target.kind} nothing can be called before it takes traffic`,
    ],
  ];
  return problems.flatMap(([applies, path, message]) => (applies ? [{ path, message }] : []));
}
