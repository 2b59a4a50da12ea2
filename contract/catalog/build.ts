import { z } from 'zod';
import { argument, count, environmentVariable, jsonPointer, relativePath, settingsPath } from './fields.ts';

/** Describes the build that makes an image of a commit (runbook 000, deploy sequence, step 1; runbook 002). */

const common = {
  image: z
    .string('must be an image without tag')
    .regex(
      /^[a-z0-9.-]+(:[0-9]+)?(\/[a-z0-9._-]+){2,}$/,
      'must be <host>/<project>/<repository>/<image>, without tag or digest',
    ),
  directory: relativePath.optional(),
};
const timeoutMinutes = count('a number of minutes', 1, 120).default(20);
const place = { project: z.string('must be a project'), region: z.string('must be a region') };

/** Variables of the build itself, such as `GOOGLE_RUNTIME`, `BP_KEEP_FILES`. Never secrets: its log may show them. */
const environment = z.record(environmentVariable, argument).optional();

/**
 * A manifest that is packed into the image as JSON, so that a start needs nothing from afar (runbook 002, section 7).
 * Paths are below `directory`.
 */
const manifest = z.strictObject({
  input: settingsPath,
  output: relativePath.regex(/\.json$/, 'must end with .json'),
  /** The settings that name its local path, and allow it. */
  settings: z.strictObject({
    path: settingsPath,
    /** JSON pointers to its URL, to the switch that allows local paths, and to the folders that are allowed. */
    url: jsonPointer,
    allowed: jsonPointer,
    roots: jsonPointer,
    /** JSON pointer to its SHA-256, where the settings have one. */
    sha256: jsonPointer.optional(),
  }),
});
export type ManifestEntry = z.infer<typeof manifest>;

const builder = z.string('must be an image').min(1, 'must be an image').max(300, 'at most 300 characters').optional();

/** A build of Cloud Build: own steps, or buildpacks. */
const cloudBuild = z
  .strictObject({
    kind: z.literal('cloudBuild'),
    ...place,
    ...common,
    timeoutMinutes,
    steps: z
      .array(z.strictObject({ name: argument, args: z.array(argument) }))
      .min(1, 'must have a step')
      .optional(),
    environment,
    /** The builder of the buildpacks. Default: `gcr.io/buildpacks/builder`. */
    builder,
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
    /** Default: `buildpacks`; `docker` needs a Dockerfile. */
    with: z.enum(['buildpacks', 'docker'], 'must be buildpacks or docker').optional(),
    environment,
    manifest: manifest.optional(),
    /** True to keep layers for the next build, in `<image>/cache`. */
    cache: z.boolean('must be true or false').optional(),
    /** The bucket that gets the source. Default: `run-sources-<project>-<region>`, which gcloud makes. */
    sourceBucket: z
      .string('must be a bucket')
      .regex(/^[a-z0-9][a-z0-9._-]{1,61}[a-z0-9]$/, 'must be the name of a bucket')
      .optional(),
    /** Default: the project's own service account for builds. */
    serviceAccount: z
      .string('must be an address')
      .regex(/^\S+@\S+$/, 'must be an address')
      .optional(),
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
  });

/** A build on the worker's machine by the program `pack`, which pushes the image (runbook 002, section 4). */
const pack = z.strictObject({
  kind: z.literal('pack'),
  ...common,
  timeoutMinutes,
  environment,
  manifest: manifest.optional(),
  /** Default: `gcr.io/buildpacks/builder`. */
  builder,
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
