import type protobuf from 'protobufjs';

/**
 * Adds google.cloud.audit.AuditLog to descriptors that lack it, with the fields that people filter by. Platform: Cloud
 * Audit Logs, "AuditLog"; the numbers are those of its proto.
 */
export function addAuditLog(root: protobuf.Root): void {
  const text = { type: 'string' };
  root.addJSON({
    google: {
      nested: {
        cloud: {
          nested: {
            audit: {
              nested: {
                AuthenticationInfo: { fields: { principalEmail: { id: 1, ...text } } },
                RequestMetadata: {
                  fields: { callerIp: { id: 1, ...text }, callerSuppliedUserAgent: { id: 2, ...text } },
                },
                AuditLog: {
                  fields: {
                    status: { id: 2, type: 'google.rpc.Status' },
                    authenticationInfo: { id: 3, type: 'AuthenticationInfo' },
                    requestMetadata: { id: 4, type: 'RequestMetadata' },
                    serviceName: { id: 7, ...text },
                    methodName: { id: 8, ...text },
                    resourceName: { id: 11, ...text },
                    request: { id: 16, type: 'google.protobuf.Struct' },
                    response: { id: 17, type: 'google.protobuf.Struct' },
                    metadata: { id: 18, type: 'google.protobuf.Struct' },
                  },
                },
              },
            },
          },
        },
      },
    },
  });
  root.resolveAll();
}
