import { join } from 'node:path';
import { ESLint } from 'eslint';
import tseslint from 'typescript-eslint';
import { describe, expect, it } from 'vitest';

const project = join(import.meta.dirname, '..', '..');
const rule = '@typescript-eslint/no-restricted-imports';
/** Types are not needed for these rules, and take their time. */
const eslint = new ESLint({
  cwd: project,
  overrideConfig: [{ files: ['**/*.ts'], ...tseslint.configs.disableTypeChecked }],
});

const isRefused = async (folder: string, statement: string): Promise<boolean> => {
  const [result] = await eslint.lintText(`${statement}\n`, { filePath: join(project, folder, 'example.ts') });
  expect(result?.messages.filter(({ fatal }) => fatal)).toEqual([]);
  return result?.messages.some(({ ruleId }) => ruleId === rule) ?? false;
};

describe('import rules', () => {
  it.each([
    ['contract', "import { a } from '../workflows/a.ts';"],
    ['contract', "import type { A } from '../activities/index.ts';"],
    ['contract', "import { readFile } from 'node:fs/promises';"],
    ['workflows', "import { createActivities } from '../activities/index.ts';"],
    ['workflows/run', "import { createActivities } from '../../activities/index.ts';"],
    ['workflows', "import { createHash } from 'node:crypto';"],
    ['workflows', "import { createHash } from 'crypto';"],
    ['workflows', "import { ServicesClient } from '@google-cloud/run';"],
    ['workflows', "import * as k8s from '@kubernetes/client-node';"],
    ['workflows', "import { Client } from '@temporalio/client';"],
    ['workflows', "import { loadCatalog } from '../catalog/load.ts';"],
    ['workflows/run', "import type { Change } from '../change/change.ts';"],
    ['workflows/approvals', "import type { Lease } from '../lease/lease.ts';"],
    ['workflows/lease', "import type { Change } from '../change/change.ts';"],
    ['workflows/change/steps', "import { goalSnapshot } from '../../rollback/goal.ts';"],
    ['workflows/rollback', "import type { Release } from '../train/release.ts';"],
    ['workflows/train', "import { WriteFreeze } from '../rollback/write-freeze.ts';"],
    ['workflows/operations', "import type { Change } from '../change/change.ts';"],
    ['workflows/environment', "import { Lease } from '../lease/lease.ts';"],
    ['activities', "import { ServicesClient } from '@google-cloud/run';"],
    ['activities', "import { deploy } from '../workflows/deploy.ts';"],
    ['activities/google', "import * as k8s from '@kubernetes/client-node';"],
    ['activities/kubernetes', "import { ServicesClient } from '@google-cloud/run';"],
    ['client', "import { ServicesClient } from '@google-cloud/run';"],
    ['client/commands', "import { x } from '../../sandbox/services/agento/x.js';"],
    ['client/api', "import { CommandError } from '../cli/command-error.ts';"],
    ['client/api', "import type { Session } from '../cli/session.ts';"],
    ['client/api', "import { ServicesClient } from '@google-cloud/run';"],
    ['client/cli', "import { commands } from '../commands/index.ts';"],
    ['client/view', "import { signText } from '../requests/signing.ts';"],
    ['client/view', "import { connect } from '../api/connection.ts';"],
    ['client/requests', "import { board } from '../commands/board.ts';"],
    ['client/local', "import { signText } from '../requests/signing.ts';"],
    ['client/start', "import { deploy } from '../commands/deploy.ts';"],
    ['client/alerts', "import { catalogFolder } from '../requests/catalog.ts';"],
    ['client/board', "import { board } from '../commands/board.ts';"],
    ['client/board', "import { runningSandbox } from '../local/sandbox-control.ts';"],
    ['worker', "import { x } from '../sandbox/services/agento/x.js';"],
    ['sandbox', "import { deploy } from '../workflows/deploy.ts';"],
    ['sandbox/cloud', "import { x } from '../../activities/index.ts';"],
    ['sandbox/containers', "import { x } from '../../workflows/deploy.ts';"],
    ['sandbox/supervisor', "import * as k8s from '@kubernetes/client-node';"],
    ['sandbox/containers', "import * as k8s from '@kubernetes/client-node';"],
    ['sandbox/cloud/run/jobs', "import * as k8s from '@kubernetes/client-node';"],
    ['bench', "import * as k8s from '@kubernetes/client-node';"],
    ['sandbox/containers', "import type { Cloud } from '../cloud/core/cloud.ts';"],
    ['sandbox/containers', "import type { Container } from '../cloud/run/resources/resources.ts';"],
    ['sandbox/cloud/run/resources', "import type { Instances } from '../services/instances.ts';"],
    ['sandbox/cloud/run/resources', "import type { Executor } from '../jobs/executor.ts';"],
    ['sandbox/cloud/run/resources', "import { pinImage } from '../containers/pinned-images.ts';"],
    ['sandbox/cloud/run/containers', "import type { Instances } from '../services/instances.ts';"],
    ['sandbox/cloud/run/services', "import { runTask } from '../jobs/task-runner.ts';"],
    ['sandbox/cloud/run/jobs', "import { addressOf } from '../services/traffic.ts';"],
  ])('refuse in %s: %s', async (folder, statement) => {
    expect(await isRefused(folder, statement)).toBe(true);
  });

  it.each([
    ['contract', "import { z } from 'zod';"],
    ['contract', "import { a } from './ids.ts';"],
    ['workflows', "import type { Activities } from '../activities/index.ts';"],
    ['workflows', "import { sleep } from '@temporalio/workflow';"],
    ['workflows/run', "import { ids } from '../../contract/ids.ts';"],
    ['workflows/change/steps', "import { writing } from '../../run/activities.ts';"],
    ['workflows/train', "import { deploySteps } from '../change/step-lists.ts';"],
    ['activities/google', "import { ServicesClient } from '@google-cloud/run';"],
    ['activities/google', "import { failure } from '../failure.ts';"],
    ['activities/kubernetes', "import * as k8s from '@kubernetes/client-node';"],
    ['sandbox/seed', "import { ServicesClient } from '@google-cloud/run';"],
    ['sandbox/kubernetes/node', "import * as k8s from '@kubernetes/client-node';"],
    ['test/kubernetes', "import * as k8s from '@kubernetes/client-node';"],
    ['sandbox/supervisor', "import { names } from '../../contract/search-attributes.ts';"],
    ['sandbox/containers', "import { signalGroup } from './signal-group.ts';"],
    ['sandbox/cloud/run/resources', "import type { ProcessRecord } from '../../../containers/orphans.ts';"],
    ['sandbox/cloud/run/containers', "import { shortName } from '../resources/names.ts';"],
    ['sandbox/cloud/run/containers', "import { startContainer } from '../../../containers/process.ts';"],
    ['sandbox/cloud/run/services', "import { runContainer } from '../containers/run-container.ts';"],
    ['sandbox/cloud/run', "import { createInstances } from './services/instances.ts';"],
    ['client', "import { readSandbox } from '../sandbox/description.ts';"],
    ['client/api', "import { workflowTypes } from '../../contract/workflow-types.ts';"],
    ['client/cli', "import { Outage } from '../api/errors.ts';"],
    ['client/view', "import type { RunReport } from '../api/run-report.ts';"],
    ['client/view', "import { cleanLine } from '../cli/text.ts';"],
    ['client/requests', "import { newRunId } from '../api/run-id.ts';"],
    ['client/local', "import { CommandError } from '../cli/command-error.ts';"],
    ['client/commands', "import { planLines } from '../view/plan.ts';"],
    ['client/start', "import { runningSandbox } from '../local/sandbox-control.ts';"],
    ['client/alerts', "import { translated } from '../api/temporal-errors.ts';"],
    ['client/board', "import { html } from '../report/html/markup.ts';"],
    ['test/emulator', "import { ServicesClient } from '@google-cloud/run';"],
  ])('allow in %s: %s', async (folder, statement) => {
    expect(await isRefused(folder, statement)).toBe(false);
  });
});
