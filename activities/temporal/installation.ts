import type { Client } from '@temporalio/client';
import { installationName } from '../../contract/statement.ts';

/** Names the namespace that a client talks to, so that a signature for it counts in no other. */
export async function installationOf({ connection, options: { namespace } }: Client): Promise<string> {
  const { namespaceInfo } = await connection.workflowService.describeNamespace({ namespace });
  if (!namespaceInfo?.id) throw new Error(`the Temporal server does not tell the id of namespace ${namespace}`);
  return installationName(namespace, namespaceInfo.id);
}
