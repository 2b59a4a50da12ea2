import { z } from 'zod';
import { argument, count, environmentVariable, jsonPointer, relativePath, settingsPath } from './fields.ts';

/** Describes the build that makes an image of a commit (runbook 000, deploy sequence, step 1; runbook 002). */

const common = {
  image: z
    .string('must be an image without tag')
    .regex(
      /^[a-z0-9.-]+(:[0-9]+)?(\/[a-z0-9._-]+){2,}$/,
      'must be <host>/<project>/<repository>/<image>, without tag or digest',
    )
    .meta({
      title: 'image',
      description: 'Where the image is pushed, without tag or digest.',
      examples: ['us-central1-docker.pkg.dev/example-project/shop/shop'],
    }),
  directory: relativePath.optional().describe('The folder that is built. Default: the whole repository.'),
};
const timeoutMinutes = count('a number of minutes', 1, 120).default(20).describe('The longest that a build may take.');
const place = {
  project: z.string('must be a project').describe('The Google Cloud project that builds.'),
  region: z.string('must be a region').describe('The region that builds.'),
};

const environment = z
  .record(environmentVariable, argument)
  .optional()
  .describe(
    'Variables of the build itself, such as `GOOGLE_RUNTIME` or `BP_KEEP_FILES`. Never a secret: the log of the ' +
      'build may show them.',
  );

/**
 * A manifest that is packed into the image as JSON, so that a start needs nothing from afar (runbook 002, section 7).
 * Paths are below `directory`.
 */
const manifest = z
  .strictObject({
    input: settingsPath.describe('The manifest of the commit, as JSON, YAML or TOML.'),
    output: relativePath.regex(/\.json$/, 'must end with .json').describe('Where it is in the image, as JSON.'),
    settings: z
      .strictObject({
        path: settingsPath.describe('The file of the commit with the settings.'),
        url: jsonPointer.describe('Where they have the URL of the manifest.'),
        allowed: jsonPointer.describe('Where they allow local paths.'),
        roots: jsonPointer.describe('Where they list the folders that are allowed.'),
        sha256: jsonPointer.optional().describe('Where they have its SHA-256. Default: they have none.'),
      })
      .describe('The settings of the service that name its local path, and allow it.'),
  })
  .meta({
    id: 'manifest',
    title: 'Manifest that is packed into the image',
    description:
      'A file that the build turns into JSON and packs into the image, so that a start needs nothing from afar. ' +
      'Paths are below `directory`.',
  });
export type ManifestEntry = z.infer<typeof manifest>;

const builder = z
  .string('must be an image')
  .min(1, 'must be an image')
  .max(300, 'at most 300 characters')
  .optional()
  .meta({ title: 'image', description: 'The builder of the buildpacks. Default: `gcr.io/buildpacks/builder`.' });

const bucket = z
  .string('must be a bucket')
  .regex(/^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$/, 'must be the name of a bucket')
  .meta({ title: 'bucket' });

/** A build of Cloud Build: own steps, or buildpacks. */
const cloudBuild = z
  .strictObject({
    kind: z.literal('cloudBuild'),
    ...place,
    ...common,
    timeoutMinutes,
    steps: z
      .array(
        z.strictObject({
          name: argument.describe('The image that runs the step.'),
          args: z
            .array(argument)
            .describe('Its arguments. `{image}` stands for the image with its tag, `{commit}` for the commit.'),
        }),
      )
      .min(1, 'must have a step')
      .optional()
      .describe('Own steps, such as a build by Docker. Default: buildpacks.'),
    environment,
    builder,
    sourceBucket: bucket
      .optional()
      .describe(
        'The bucket that gets the source, where Cloud Build does not fetch it. Default: it fetches a public ' +
          'repository itself; a private one goes to `run-sources-<project>-<region>`.',
      ),
  })
  .check(({ value, issues }) => {
    for (const field of ['environment', 'builder'] as const)
      if (value.steps && value[field] !== undefined)
        issues.push({
          code: 'custom',
          input: value[field],
          path: [field],
          message: 'must not be there: it is of buildpacks, and the build has own steps',
        });
  })
  .meta({
    id: 'build.cloudBuild',
    title: 'Build by Cloud Build',
    description: 'Cloud Build makes the image, by buildpacks or by own steps.',
  });

/**
 * A build of the source by Cloud Run, as `gcloud run deploy --source` has it (runbook 002, section 5). The platform
 * takes no time limit for it.
 */
const cloudRun = z
  .strictObject({
    kind: z.literal('cloudRun'),
    ...place,
    ...common,
    with: z
      .enum(['buildpacks', 'docker'], 'must be buildpacks or docker')
      .optional()
      .describe('What makes the image. `docker` needs a Dockerfile. Default: `buildpacks`.'),
    environment,
    manifest: manifest.optional(),
    cache: z
      .boolean('must be true or false')
      .optional()
      .describe('True to keep layers for the next build, in `<image>/cache`. Default: false.'),
    sourceBucket: bucket
      .optional()
      .describe('The bucket that gets the source. Default: `run-sources-<project>-<region>`, which gcloud makes.'),
    serviceAccount: z
      .string('must be an address')
      .regex(/^\S+@\S+$/, 'must be an address')
      .optional()
      .describe("The account that builds. Default: the project's own service account for builds."),
  })
  .check(({ value, issues }) => {
    for (const field of ['environment', 'cache', 'manifest'] as const)
      if (value.with === 'docker' && value[field] !== undefined)
        issues.push({
          code: 'custom',
          input: value[field],
          path: [field],
          message: 'must not be there: it is of buildpacks, and the build is by docker',
        });
  })
  .meta({
    id: 'build.cloudRun',
    title: 'Build of the source by Cloud Run',
    description: 'Cloud Run builds the source, as `gcloud run deploy --source` has it. It takes no time limit.',
  });

/** A build on the worker's machine by the program `pack`, which pushes the image (runbook 002, section 4). */
const pack = z
  .strictObject({
    kind: z.literal('pack'),
    ...common,
    timeoutMinutes,
    environment,
    manifest: manifest.optional(),
    builder,
  })
  .meta({
    id: 'build.pack',
    title: 'Build by pack',
    description: "The program `pack` on the worker's machine makes the image by buildpacks and pushes it.",
  });

const kinds = [cloudBuild, cloudRun, pack] as const;
export const build = z.discriminatedUnion('kind', kinds, 'must have a kind: cloudBuild, cloudRun or pack');

export type BuildEntry = z.infer<typeof build>;
export type BuildEntryOf<Kind extends BuildEntry['kind']> = Extract<BuildEntry, { kind: Kind }>;

/** Names the builder of buildpacks where the catalog names none. */
export const defaultBuilder = 'gcr.io/buildpacks/builder';

/** Says whether buildpacks make the image, so that its `Procfile` says what runs. */
export function usesBuildpacks(entry: BuildEntry): boolean {
  if (entry.kind === 'cloudBuild') return entry.steps === undefined;
  return entry.kind === 'pack' || entry.with !== 'docker';
}

/** Finds the manifest that a build packs; null where it packs none. */
export function manifestOf(entry: BuildEntry | null): ManifestEntry | null {
  return (entry && 'manifest' in entry && entry.manifest) || null;
}

/** Gives the place in the repository of a file that is named below the folder that is built. */
export function placeInRepository({ directory }: Pick<BuildEntry, 'directory'>, file: string): string {
  return directory === undefined ? file : `${directory}/${file}`;
}
