import type { FieldViolation } from '../../server/errors.ts';
import { RpcError } from '../../server/errors.ts';
import { parseReference } from '../../registry/reference.ts';
import type { Build, BuildSource } from '../build-store.ts';

const GIT_PROTOCOLS = ['http:', 'https:', 'git:'];

/** Fields that real builds may use and that the emulator refuses, because it would not act on them. */
const NOT_SERVED = ['secrets', 'availableSecrets', 'artifacts', 'gitConfig', 'dependencies'] as const;

/** Refuses a build that cannot be taken, with every problem at once. */
export function validateBuild(build: Build, problems: FieldViolation[]): void {
  if (build.steps.length === 0) problems.push({ field: 'build.steps', description: 'must have at least one step' });
  for (const [index, step] of build.steps.entries()) {
    if (step.name === '') problems.push({ field: `build.steps[${index}].name`, description: 'is required' });
    if (step.secretEnv.length > 0)
      problems.push({ field: `build.steps[${index}].secretEnv`, description: 'is not served by this emulator' });
    if (step.script !== '' && (step.args.length > 0 || step.entrypoint !== '')) {
      problems.push({
        field: `build.steps[${index}].script`,
        description: 'cannot be used together with args or entrypoint',
      });
    }
  }
  for (const image of build.images) {
    const reference = parseReference(image);
    if (reference === undefined || reference.digest !== undefined) {
      problems.push({
        field: 'build.images',
        description: `'${image}' is not LOCATION-docker.pkg.dev/PROJECT/REPOSITORY/IMAGE[:TAG]`,
      });
    } else if (!reference.packageName.startsWith(`projects/${build.projectId}/`)) {
      problems.push({ field: 'build.images', description: `'${image}' is not in project ${build.projectId}` });
    }
  }
  for (const field of NOT_SERVED) {
    const value = (build as unknown as Record<string, unknown>)[field];
    const isEmpty = value === undefined || value === null || (Array.isArray(value) && value.length === 0);
    if (!isEmpty) problems.push({ field: `build.${field}`, description: 'is not served by this emulator' });
  }
  validateSource(build.source, problems);
  if (problems.length > 0) throw RpcError.invalid(problems);
}

function validateSource(source: BuildSource | null, problems: FieldViolation[]): void {
  if (source?.gitSource) {
    const { url, revision, dir } = source.gitSource;
    if (!isRemote(url))
      problems.push({
        field: 'build.source.git_source.url',
        description: `'${url}' must be an http, https or git URL`,
      });
    if (revision.startsWith('-') || /\s/.test(revision))
      problems.push({ field: 'build.source.git_source.revision', description: `'${revision}' is not a revision` });
    if (!isInside(dir))
      problems.push({
        field: 'build.source.git_source.dir',
        description: `'${dir}' must be a folder inside the repository`,
      });
  } else if (source?.storageSource) {
    if (source.storageSource.bucket === '')
      problems.push({ field: 'build.source.storage_source.bucket', description: 'is required' });
    if (source.storageSource.object === '')
      problems.push({ field: 'build.source.storage_source.object', description: 'is required' });
  } else {
    problems.push({ field: 'build.source', description: 'must be a git_source or a storage_source' });
  }
}

function isRemote(url: string): boolean {
  const parsed = URL.canParse(url) ? new URL(url) : undefined;
  return parsed !== undefined && GIT_PROTOCOLS.includes(parsed.protocol) && parsed.hostname !== '';
}

function isInside(folder: string): boolean {
  return !folder.startsWith('/') && !folder.split('/').includes('..');
}
