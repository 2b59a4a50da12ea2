import { execa } from 'execa';
import type { Problem } from '../../contract/failures.ts';

const wholeSha = /^[0-9a-f]{40}$/;
const abbreviated = /^[0-9a-f]{7,39}$/;
const remoteTimeoutMs = 20_000;

/**
 * The full SHA of what a person typed. A full one is taken as it is; a branch, a tag, or the beginning of a SHA is
 * looked up among what the repository advertises (`git ls-remote`), and must be exactly one thing there.
 */
export async function resolveCommit(
  repository: string,
  given: string,
): Promise<{ commit: string } | { problem: Problem }> {
  if (wholeSha.test(given)) return { commit: given };
  if (!/^(?!-)[\w./@-]{1,200}$/.test(given)) return { problem: problem('must be a commit, a branch or a tag') };
  const refs = await advertised(repository);
  if (typeof refs === 'string')
    return { problem: problem(`${given} cannot be looked up in ${repository}: ${refs}; give the full 40-digit SHA`) };
  const named = commitsNamed(refs, given);
  const found =
    named.size > 0 || !abbreviated.test(given)
      ? named
      : new Set([...refs.values()].filter((commit) => commit.startsWith(given)));
  const [commit, ...others] = found;
  if (commit === undefined)
    return {
      problem: problem(
        `${given} is no branch or tag of ${repository}, nor the beginning of the SHA of one; ` +
          'give the full 40-digit SHA',
      ),
    };
  if (others.length > 0) return { problem: problem(`${given} could be ${[...found].join(' or ')}; give the full SHA`) };
  return { commit };
}

/**
 * The same for a flag that may be missing, of a service whose repository may not be known here: then it is left as it
 * is, for the worker to judge.
 */
export async function fullCommit(
  given: string | undefined,
  repository: string | undefined,
): Promise<{ commit: string | undefined; problems: Problem[] }> {
  if (given === undefined || repository === undefined) return { commit: given, problems: [] };
  const resolved = await resolveCommit(repository, given);
  return 'commit' in resolved
    ? { commit: resolved.commit, problems: [] }
    : { commit: given, problems: [resolved.problem] };
}

/** Branch and tag of a name may both exist; an annotated tag stands for the commit that it points to. */
function commitsNamed(refs: Map<string, string>, name: string): Set<string> {
  const of = (ref: string): string | undefined => refs.get(`${ref}^{}`) ?? refs.get(ref);
  return new Set(
    [of(`refs/heads/${name}`), of(`refs/tags/${name}`), name.startsWith('refs/') ? of(name) : undefined].filter(
      (commit) => commit !== undefined,
    ),
  );
}

/** Every branch and tag with its object, or git's complaint. */
async function advertised(repository: string): Promise<Map<string, string> | string> {
  const { stdout, stderr, exitCode } = await execa('git', ['ls-remote', '--heads', '--tags', '--', repository], {
    reject: false,
    timeout: remoteTimeoutMs,
    env: { GIT_TERMINAL_PROMPT: '0', LC_ALL: 'C' },
  });
  if (exitCode !== 0) return lastLine(stderr) || 'git ls-remote did not answer';
  const lines = stdout.split('\n').map((line) => line.split('\t'));
  return new Map(lines.flatMap(([commit, ref]): [string, string][] => (commit && ref ? [[ref, commit]] : [])));
}

function problem(message: string): Problem {
  return { path: 'commit', message };
}

function lastLine(text: string): string {
  return text.trim().split('\n').at(-1) ?? '';
}
