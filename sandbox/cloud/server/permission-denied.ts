import { RpcError } from './errors.ts';
import type { RequiredPermission } from './required-permissions.ts';

/**
 * Words a refusal as the API does that refuses. Platform: public reports of each; `errorInfo` is google.rpc.ErrorInfo.
 * Cloud Build names neither the permission nor the resource, and has no details.
 */
export function permissionDenied({ permission, resource }: RequiredPermission, account: string): RpcError {
  const [api = ''] = permission.split('.');
  const word =
    wordings[api] ?? (() => `Permission '${permission}' denied on resource '${resource}' (or it may not exist).`);
  const details = api === 'cloudbuild' ? [] : [errorInfo(permission, resource)];
  return new RpcError('PERMISSION_DENIED', word({ permission, resource, account }), details);
}

interface Denied extends RequiredPermission {
  account: string;
}

const wordings: Readonly<Record<string, (denied: Denied) => string>> = {
  run: ({ permission, resource }) =>
    `Permission '${permission}' denied on resource '${resource}' (or resource may not exist).`,
  iam: ({ permission, resource }) =>
    `Permission '${permission.replace('serviceAccounts', 'serviceaccounts')}' denied on service account ${resource} ` +
    '(or it may not exist).',
  artifactregistry: ({ permission, resource }) =>
    `Permission '${permission}' denied on resource '//artifactregistry.googleapis.com/${resource}' ` +
    '(or it may not exist).',
  secretmanager: ({ permission, resource }) =>
    `Permission '${permission}' denied for resource '${resource}' (or it may not exist).`,
  cloudbuild: () => 'The caller does not have permission',
  logging: ({ permission }) => `Permission '${permission}' denied on resource (or it may not exist).`,
  storage: ({ permission, account }) =>
    `${account} does not have ${permission} access to the Google Cloud Storage ` +
    `${permission.startsWith('storage.buckets') ? 'bucket' : 'object'}. ` +
    `Permission '${permission}' denied on resource (or it may not exist).`,
};

function errorInfo(permission: string, resource: string): { type: string; value: Record<string, unknown> } {
  const value = { reason: 'IAM_PERMISSION_DENIED', domain: 'iam.googleapis.com', metadata: { permission, resource } };
  return { type: 'google.rpc.ErrorInfo', value };
}
