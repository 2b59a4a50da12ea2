import { asRpcError, statusCode } from '../../server/errors.ts';
import type { Call } from '../../server/pipeline.ts';
import type { Cloud } from '../../core/cloud.ts';
import { caller } from '../resources/metadata.ts';
import { shortName } from '../resources/names.ts';

/**
 * Calls a handler that changes a service, and writes down where it refuses. Platform: Cloud Audit Logs; entries of
 * refused calls that users published have the resource of a revision, and severity ERROR.
 */
export async function audited<T>(cloud: Cloud, call: Call, name: string, handle: () => T | Promise<T>): Promise<T> {
  try {
    return await handle();
  } catch (thrown) {
    const { code, message } = asRpcError(thrown);
    const service = shortName(name);
    const labels = { service_name: service, configuration_name: service, revision_name: '', location: cloud.region };
    cloud.logs.write({
      logName: 'cloudaudit.googleapis.com/activity',
      resource: { type: 'cloud_run_revision', labels },
      severity: 'ERROR',
      timestamp: new Date(),
      protoPayload: {
        '@type': 'type.googleapis.com/google.cloud.audit.AuditLog',
        status: { code: statusCode(code), message },
        authenticationInfo: { principalEmail: caller },
        serviceName: 'run.googleapis.com',
        methodName: call.method.replace('/', '.'),
        resourceName: name,
      },
    });
    throw thrown;
  }
}
