/** A worker as it would be without its prebuilt bundle: it bundles its workflows at each start. */
import path from 'node:path';
import { bundleWorkflowCode, DefaultLogger } from '@temporalio/worker';
import { payloadConverterPath } from '../worker/bundle.ts';
import { projectFolder } from '../worker/project-folder.ts';

await bundleWorkflowCode({
  workflowsPath: path.join(projectFolder, 'workflows/index.ts'),
  payloadConverterPath,
  logger: new DefaultLogger('ERROR'),
});
await import('../worker/main.ts');
