import type { FieldViolation } from '../../server/errors.ts';
import type { Build, BuildStep } from '../build-store.ts';

/** Platform: built-in substitutions that a caller may give itself; a trigger would set them. */
const SETTABLE = new Set([
  'REPO_NAME',
  'REPO_FULL_NAME',
  'BRANCH_NAME',
  'TAG_NAME',
  'REF_NAME',
  'REVISION_ID',
  'COMMIT_SHA',
  'SHORT_SHA',
  'TRIGGER_NAME',
]);
const OWN_NAME = /^_[A-Z0-9_]+$/;
const REFERENCE = /\$\$|\$\{([A-Za-z_][A-Za-z0-9_]*)\}|\$([A-Z_][A-Z0-9_]*)/g;

/** Replaces `$NAME` and `${NAME}` in steps, images and tags; `$$` is a dollar sign. Problems go into the list. */
export function substitute(build: Build, location: string, problems: FieldViolation[]): Build {
  const requested = build.substitutions;
  const builtIn: Record<string, string> = { PROJECT_ID: build.projectId, BUILD_ID: build.id, LOCATION: location };
  const used = new Set<string>();
  const isLoose = build.options?.substitutionOption === 'ALLOW_LOOSE';
  for (const name of Object.keys(requested)) {
    if (!OWN_NAME.test(name) && !SETTABLE.has(name)) {
      problems.push({
        field: 'build.substitutions',
        description: `'${name}' must begin with an underscore and have only capitals, digits and underscores`,
      });
    }
  }
  const replace = (text: string): string =>
    text.replace(REFERENCE, (found: string, braced: string | undefined, plain: string | undefined) => {
      const name = braced ?? plain;
      if (name === undefined) return '$';
      used.add(name);
      const value = requested[name] ?? builtIn[name] ?? (SETTABLE.has(name) ? '' : undefined);
      if (value !== undefined) return value;
      if (!isLoose)
        problems.push({
          field: 'build',
          description: `key in the template "${name}" is not a valid built-in substitution`,
        });
      return isLoose && name.startsWith('_') ? '' : found;
    });
  const replaced = {
    ...build,
    steps: build.steps.map((step) => replaceInStep(step, replace)),
    images: build.images.map(replace),
    tags: build.tags.map(replace),
  };
  const isMapped =
    build.options?.automapSubstitutions === true || build.steps.some((step) => step.automapSubstitutions);
  const unused = Object.keys(requested).filter((name) => name.startsWith('_') && !used.has(name));
  if (!isLoose && !isMapped) {
    for (const name of unused)
      problems.push({
        field: 'build.substitutions',
        description: `key "${name}" in the substitution data is not matched in the template`,
      });
  }
  return replaced;
}

function replaceInStep(step: BuildStep, replace: (text: string) => string): BuildStep {
  return {
    ...step,
    name: replace(step.name),
    id: replace(step.id),
    entrypoint: replace(step.entrypoint),
    dir: replace(step.dir),
    args: step.args.map(replace),
    env: step.env.map(replace),
  };
}
