import { execFileSync } from 'node:child_process';
import { describe, expect, it } from 'vitest';
import type { WaitingFor } from '../../contract/status.ts';
import { shellWord } from '../../contract/shell-word.ts';
import { slipwayCommand, temporalSignal } from '../../workflows/run/commands.ts';
import { waiting } from '../../workflows/run/details.ts';

const reach = { address: '10.0.0.1:7233', namespace: 'releases' };
const odd = `it's "quoted", with a \\ and a comma, {"by": 1}, and --input '{`;

/** The words of each command, as a shell hands them to the program. */
function wordsOf(script: string): string[][] {
  const program = '() { printf "%s\\0" "$@"; printf "\\n\\0"; }';
  const output = execFileSync(
    'sh',
    ['-c', `temporal ${program}\nslipway ${program}\n${script.replaceAll('./slipway', 'slipway')}`],
    { encoding: 'utf8' },
  );
  return output
    .split('\n\0')
    .slice(0, -1)
    .map((words) => words.split('\0').slice(0, -1));
}

describe('commands in the current details', () => {
  const commands = [
    temporalSignal(reach, 'approve', { by: 'ann@example.com', plan: 'abc' }, 'a run'),
    temporalSignal(reach, 'reject', { by: 'ann@example.com', note: odd }, 'a run'),
    slipwayCommand('approve', { by: 'ann@example.com', note: odd }, 'a run'),
    `temporal workflow describe --workflow-id ${shellWord('a run')}`,
  ];
  const waitingFor: WaitingFor = {
    kind: 'approval',
    what: 'approval',
    since: '2026-01-02T03:04:05.678Z',
    until: null,
    who: ['ann@example.com'],
    commands,
  };
  const markdown = waiting(waitingFor);
  const [, script = ''] = /```sh\n(.*)\n```/s.exec(markdown) ?? [];

  it('are folded for the narrow frame', () => {
    expect(script).toContain(
      'temporal workflow signal \\\n  --address 10.0.0.1:7233 \\\n  --namespace releases \\\n  --workflow-id',
    );
    expect(script).toContain(`--input '{"by":"ann@example.com",\n    "plan":"abc"}'`);
  });

  it('mean the same to a shell as the commands of status', () => {
    const pasted = wordsOf(script);
    // Ours stand first there.
    const [approve = '', reject = '', ours = '', look = ''] = commands;
    const sent = wordsOf([ours, approve, reject, look].join('\n'));
    expect(pasted.map((words) => words.map(plain))).toEqual(sent.map((words) => words.map(plain)));
  });

  it('say times to the second', () => {
    expect(markdown).toContain('Since 2026-01-02 03:04:05 UTC.');
  });
});

/** JSON whatever its white space. */
function plain(word: string): unknown {
  return word.startsWith('{') ? JSON.parse(word) : word;
}
