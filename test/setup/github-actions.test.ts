import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { parse } from 'yaml';
import { buildWholeProgram } from '../../client/cli/program.ts';
import { remoteCommands } from '../../client/commands/remote.ts';
import { project, unknownCommands } from './document-checks.ts';

interface Workflow {
  permissions: Record<string, string>;
  jobs: Record<string, { steps: { run?: string; uses?: string }[] }>;
}

const text = readFileSync(join(project, 'docs', 'github-actions.md'), 'utf8');
const yaml = /```yaml\n(.*?)```/s.exec(text)?.[1] ?? '';

it('the workflow for GitHub Actions has commands and flags that the installable client has', async () => {
  const { jobs, permissions } = parse(yaml) as Workflow;
  const runs = Object.values(jobs).flatMap(({ steps }) => steps.flatMap(({ run }) => run ?? []));
  const commands = runs.flatMap((run) => run.match(/\bslipway (release|watch|status) [^|)]*/g) ?? []);
  expect(commands.map((command) => command.split(' ')[1])).toEqual(['release', 'watch', 'status']);
  const page = commands.map((command) => `\`\`\`sh\n./${command}\n\`\`\``).join('\n');
  expect(
    unknownCommands({ path: 'docs/github-actions.md', text: page }, await buildWholeProgram(remoteCommands)),
  ).toEqual([]);
  // What it calls of GitHub needs these, and no more.
  expect(permissions).toEqual({ contents: 'read', deployments: 'write', statuses: 'write' });
});
