import type { Cloud, Severity } from '../core/cloud.ts';
import type { Build } from './build-store.ts';

export type BuildLog = (line: string, step?: string, severity?: Severity) => void;

/** Writes a build's output as log entries. Platform: the resource is `build`, with the step among the labels. */
export function buildLog(cloud: Cloud, build: Build): BuildLog {
  return (line, step, severity = 'INFO') =>
    cloud.logs.write({
      logName: 'cloudbuild',
      resource: { type: 'build', labels: { build_id: build.id, build_trigger_id: '' } },
      labels: {
        ...(step !== undefined && { build_step: step }),
        ...(build.tags.length > 0 && { build_tags: build.tags.join(',') }),
      },
      severity,
      timestamp: new Date(),
      textPayload: step === undefined ? line : `${step}: ${line}`,
    });
}
