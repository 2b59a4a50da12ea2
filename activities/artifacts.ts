import { digestOf, repositoryOf, type Artifact } from '../contract/artifact.ts';
import type { CatalogEntry } from '../contract/catalog/catalog.ts';
import type { Problem } from '../contract/failures.ts';
import { describeHold } from '../contract/holds.ts';
import { commitOfArtifact } from './artifact-commit.ts';
import { requireConfiguration } from './configuration/index.ts';
import { finalFailure, invalidInput } from './failure.ts';
import { withHeartbeat } from './heartbeat.ts';
import type { Ports } from './ports/index.ts';
import { procfileProblems } from './procfile.ts';

export interface PreflightRequest {
  entry: CatalogEntry;
  commit: string | null;
  image: string | null;
}

export interface PreflightResult {
  commit: string;
  subject: string;
  /** The artifact if it exists already: an image was given, or the commit was built before. */
  artifact: Artifact | null;
}

export interface BuildRequest {
  entry: CatalogEntry;
  commit: string;
  change: string;
}

/**
 * Makes an artifact from a commit or an image (runbook 000, deploy sequence, step 1; runbook 004, procedure, step 1).
 */
export function createArtifactActivities({
  attestations,
  catalog,
  sources,
  builds,
  environments,
  secrets,
  targets,
}: Pick<Ports, 'attestations' | 'catalog' | 'sources' | 'builds' | 'environments' | 'secrets' | 'targets'>) {
  return {
    /** Finds what is wrong before anything is built. Writes nothing. */
    async preflight({ entry, commit, image }: PreflightRequest): Promise<PreflightResult> {
      const [checked, state] = await Promise.all([
        image === null ? checkCommit(entry, commit ?? '') : checkImage(entry, image),
        environments.statusOf(entry.service, entry.environment),
      ]);
      const hold = state?.holds.find(
        ({ digest, commit: held }) => digest === checked.artifact?.digest || (held !== '' && held === checked.commit),
      );
      if (hold) throw finalFailure('OnHold', `this artifact is ${describeHold(hold, entry)}`);
      await checkTarget(entry, checked.commit);
      const found = checked.artifact ? [] : await buildProblems(entry, checked.commit);
      await requireConfiguration({ secrets, sources }, entry, checked.commit, found);
      return checked;
    },

    /** Builds the commit, or finds the build of an earlier attempt. */
    async build({ entry, commit, change }: BuildRequest): Promise<Artifact> {
      const { build } = entry;
      if (!build)
        throw invalidInput([
          { path: 'commit', message: `${entry.service} has no build in its catalog file: give an image` },
        ]);
      const { repository } = entry;
      return withHeartbeat((progress, signal) => builds.run({ build, repository, commit, change, progress, signal }));
    },
  };

  /** Finds what is wrong with what the repository says of the target; a commit that is not known says nothing. */
  async function checkTarget({ repository, build, settings: { target } }: CatalogEntry, commit: string): Promise<void> {
    if (commit === '' || !build) return;
    await targets[target.kind].check(target, { repository, commit, image: build.image });
  }

  /** Finds why a commit could not be built, or would not start. */
  async function buildProblems(entry: CatalogEntry, commit: string): Promise<Problem[]> {
    const [procfile, missing] = await Promise.all([
      procfileProblems(sources, entry, commit),
      entry.build && builds.missing(entry.build),
    ]);
    return [...procfile, ...(missing ? [{ path: 'build', message: missing }] : [])];
  }

  async function checkCommit(entry: CatalogEntry, commit: string): Promise<PreflightResult> {
    if (!entry.build)
      throw invalidInput([
        { path: 'commit', message: `${entry.service} has no build in its catalog file: give an image` },
      ]);
    const subject = await subjectOnBranch(entry, commit, 'commit');
    return { commit, subject, artifact: (await builds.find(entry.build, commit)) ?? null };
  }

  /** Answers the subject of a commit; refuses one that is not on the release branch as it is now. */
  async function subjectOnBranch({ repository }: CatalogEntry, commit: string, path: string): Promise<string> {
    const { found, onBranch, subject } = await sources.commit(repository, commit);
    if (!found) throw invalidInput([{ path, message: `unknown commit ${commit} in ${repository.url}` }]);
    if (!onBranch)
      throw invalidInput([{ path, message: `commit ${commit} is not on the release branch ${repository.branch}` }]);
    return subject;
  }

  async function checkImage(entry: CatalogEntry, image: string): Promise<PreflightResult> {
    const digest = digestOf(image);
    const problems: Problem[] = [];
    if (!digest) problems.push({ path: 'image', message: 'must name an image by digest' });
    if (entry.build && repositoryOf(image) !== entry.build.image) {
      problems.push({
        path: 'image',
        message: [
          `is of another repository: ${repositoryOf(image)}`,
          `images of ${entry.service} are in ${entry.build.image}`,
        ].join('; '),
      });
    }
    if (!digest || problems.length > 0) throw invalidInput(problems);
    const commit = await commitOfArtifact({ attestations, builds, catalog }, entry, { image, digest, commit: '' });
    const subject = commit === '' ? '' : await subjectOnBranch(entry, commit, 'image');
    return { commit, subject, artifact: { image, digest, commit } };
  }
}
