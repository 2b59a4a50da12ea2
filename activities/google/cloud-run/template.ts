import type { Artifact } from '../../../contract/artifact.ts';
import type { Marker } from '../../../contract/fence.ts';
import { authorAnnotations, commitAnnotation } from '../../fence.ts';
import { mergedEnvironment, type Revision, type RevisionTemplate } from './resources.ts';

export interface TemplateSettings {
  revision: string;
  artifact: Artifact;
  variables: Record<string, string>;
  secrets: Record<string, { secret: string; version: string }>;
}

/**
 * Makes the next revision's template: the present one with another image, settings merged in, and no instance before
 * traffic comes.
 */
export function candidateTemplate(
  present: RevisionTemplate | null | undefined,
  settings: TemplateSettings,
  author: Pick<Marker, 'change' | 'attempt'>,
): RevisionTemplate {
  const { revision, artifact, variables, secrets } = settings;
  const [container = {}, ...sidecars] = present?.containers ?? [];
  return {
    ...present,
    revision,
    annotations: { ...present?.annotations, ...authorAnnotations(author), [commitAnnotation]: artifact.commit },
    scaling: { ...present?.scaling, minInstanceCount: 0 },
    containers: [
      { ...container, image: artifact.image, env: mergedEnvironment(container.env, variables, secrets) },
      ...sidecars,
    ],
  };
}

/** Fields that a revision has from its template; the platform made the rest. */
export const templateFields = [
  'scaling',
  'vpcAccess',
  'maxInstanceRequestConcurrency',
  'timeout',
  'serviceAccount',
  'containers',
  'volumes',
  'executionEnvironment',
  'encryptionKey',
  'serviceMesh',
  'encryptionKeyRevocationAction',
  'encryptionKeyShutdownDuration',
  'sessionAffinity',
  'nodeSelector',
  'gpuZonalRedundancyDisabled',
] as const satisfies readonly (keyof Revision & keyof RevisionTemplate)[];

/**
 * Makes the template that a revision came from, under a new name. A name stands for one configuration for ever, and a
 * failed one keeps it. Platform: Cloud Run Admin v2, Revision and RevisionTemplate.
 */
export function templateOf(revision: Revision, name: string): RevisionTemplate {
  const fields = Object.fromEntries(
    templateFields.flatMap((field) =>
      revision[field] === undefined || revision[field] === null ? [] : [[field, revision[field]]],
    ),
  );
  return {
    ...fields,
    revision: name,
    labels: withoutPlatformKeys(revision.labels),
    annotations: withoutPlatformKeys(revision.annotations),
  };
}

/** Drops keys of the platform's own namespaces: they can be read, and are refused in writes. */
function withoutPlatformKeys(entries: { [key: string]: string } | null | undefined): Record<string, string> {
  const platform = /^([\w-]+\.)*(googleapis\.com|knative\.dev)\//;
  return Object.fromEntries(Object.entries(entries ?? {}).filter(([key]) => !platform.test(key)));
}
