import { execa } from 'execa';
import type { Problem } from '../../contract/failures.ts';

const wholeSha = /^[0-9a-f]{40}$/;
const abbreviated = /^[0-9a-f]{7,39}$/;
const remoteTimeoutMs = 20_000;

/**
 * Resolves what a person typed to a full SHA, which is taken as it is. A branch, a tag or the beginning of a SHA must
 * be exactly one commit among those that the repository advertises: `git ls-remote` lists them.
 */
export async function resolveCommit(
  repository: string,
  given: string,
): Promise<{ commit: string } | { problem: Problem }> {
  if (wholeSha.test(given)) return { commit: given };
  if (!/^(?!-)[\w./@-]{1,200}$/.test(given)) return { problem: problem('must be a commit, a branch or a tag') };
  const refs = await advertisedRefs(repository);
  if (typeof refs === 'string')
    return { problem: problem(`${given} cannot be looked up in ${repository}: ${refs}; give the full 40-digit SHA`) };
  const named = commitsNamed(refs, given);
  const found =
    named.size > 0 || !abbreviated.test(given)
      ? named
      : new Set([...refs.values()].filter((commit) => commit.startsWith(given)));
  const [commit, ...others] = found;
  if (commit === undefined) {
    const message = `no branch or tag of ${repository} has the name or the SHA ${given}; give the full 40-digit SHA`;
    return { problem: problem(message) };
  }
  if (others.length > 0)
    return { problem: problem(`${given} is ambiguous: it could be ${[...found].join(' or ')}; give the full SHA`) };
  return { commit };
}

/** Resolves a flag that may be missing. Without a known repository only a full SHA can be taken. */
export async function resolveOptionalCommit(
  given: string | undefined,
  repository: string | undefined,
): Promise<{ commit: string | undefined; problems: Problem[] }> {
  if (given === undefined || wholeSha.test(given)) return { commit: given, problems: [] };
  if (repository === undefined) {
    const why = "this machine's catalog does not say where it could be looked up";
    return { commit: given, problems: [problem(`must be the full 40-digit SHA, since ${why}`)] };
  }
  const resolved = await resolveCommit(repository, given);
  return 'commit' in resolved
    ? { commit: resolved.commit, problems: [] }
    : { commit: given, problems: [resolved.problem] };
}

/** Finds the commits that a name stands for. A branch and a tag may share it; an annotated tag has a commit. */
function commitsNamed(refs: Map<string, string>, name: string): Set<string> {
  const of = (ref: string): string | undefined => refs.get(`${ref}^{}`) ?? refs.get(ref);
  return new Set(
    [of(`refs/heads/${name}`), of(`refs/tags/${name}`), name.startsWith('refs/') ? of(name) : undefined].filter(
      (commit) => commit !== undefined,
    ),
  );
}

/** Lists every branch and tag with its object; or answers git's complaint. */
async function advertisedRefs(repository: string): Promise<Map<string, string> | string> {
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
