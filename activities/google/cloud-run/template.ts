import type { Artifact } from '../../../contract/artifact.ts';
import type { CloudRunEntry, DeployFlags } from '../../../contract/catalog/targets/cloud-run.ts';
import type { Marker } from '../../../contract/fence.ts';
import { authorAnnotations, commitAnnotation, digestAnnotation } from '../../fence.ts';
import { withOwnContainer } from './container.ts';
import { withoutPlatformKeys } from './platform-keys.ts';
import { mergedEnvironment, type Container, type Probe, type Revision, type RevisionTemplate } from './resources.ts';

export interface TemplateSettings {
  revision: string;
  artifact: Artifact;
  variables: Record<string, string>;
  secrets: Record<string, { secret: string; version: string }>;
}

/**
 * Makes the next revision's template: the present one with another image, and with settings and flags of the catalog
 * merged in. Its scaling is that of the present one, so that it is warm before users arrive.
 */
export function candidateTemplate(
  present: RevisionTemplate | null | undefined,
  settings: TemplateSettings,
  flags: DeployFlags & Pick<CloudRunEntry, 'container' | 'service'>,
  author: Pick<Marker, 'change' | 'attempt'>,
): RevisionTemplate {
  const { revision, artifact, variables, secrets } = settings;
  return {
    ...present,
    revision,
    labels: withoutPlatformKeys(present?.labels),
    annotations: {
      ...withoutPlatformKeys(present?.annotations),
      ...authorAnnotations(author),
      [commitAnnotation]: artifact.commit,
      [digestAnnotation]: artifact.digest,
    },
    ...scalingOf(present, flags),
    ...(flags.serviceAccount && { serviceAccount: flags.serviceAccount }),
    containers: withOwnContainer(`service ${flags.service}`, present, flags, (container) => ({
      ...container,
      ...(flags.command && { command: flags.command }),
      ...(flags.args && { args: flags.args }),
      ...portOf(container, flags),
      image: artifact.image,
      env: mergedEnvironment(container.env, variables, secrets),
    })),
  };
}

function scalingOf(
  present: RevisionTemplate | null | undefined,
  { minInstances, maxInstances }: DeployFlags,
): Pick<RevisionTemplate, 'scaling'> {
  if (minInstances === undefined && maxInstances === undefined) return {};
  const scaling = {
    ...present?.scaling,
    ...(minInstances !== undefined && { minInstanceCount: minInstances }),
    ...(maxInstances !== undefined && { maxInstanceCount: maxInstances }),
  };
  return { scaling };
}

/** Platform: Cloud Run Admin v2, Container.ports. */
const defaultPort = 8080;

/** Sets the port. Probes that ask the old one ask the new one: the platform fills its own default probe in with it. */
function portOf({ ports, startupProbe, livenessProbe }: Container, { port }: DeployFlags): Partial<Container> {
  if (port === undefined) return {};
  const [first, ...others] = ports ?? [];
  const old = first?.containerPort ?? defaultPort;
  const moved = (probe: Probe): Probe => ({
    ...probe,
    ...(probe.tcpSocket?.port === old && { tcpSocket: { port } }),
    ...(probe.httpGet?.port === old && { httpGet: { ...probe.httpGet, port } }),
    ...(probe.grpc?.port === old && { grpc: { ...probe.grpc, port } }),
  });
  return {
    ports: [{ ...first, containerPort: port }, ...others],
    ...(startupProbe && { startupProbe: moved(startupProbe) }),
    ...(livenessProbe && { livenessProbe: moved(livenessProbe) }),
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
