/**
 * Takes the screenshots of the documentation, really: a sandbox of its own, changes of the sample service (one
 * released, one that fails its smoke, one that waits for its approval, one that fails under traffic), the Temporal UI
 * and the board in a headless Chromium. Run by `npm run screenshots`.
 */
import { copyFile, mkdir, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Client, Connection } from '@temporalio/client';
import type { Browser, Page } from 'playwright-core';
import { listColumns } from '../../client/requests/list-views.ts';
import { messageNames } from '../../contract/messages.ts';
import { taskQueue } from '../../contract/ids.ts';
import type { SandboxDescription } from '../../sandbox/description.ts';
import { scenarioCommits } from '../../sandbox/repositories.ts';
import { runtimeService } from '../../sandbox/seed/estate.ts';
import { up } from '../../sandbox/up.ts';
import { developer, owner, Runs, type Run } from '../end-to-end/runs.ts';
import { WorkerProcess } from '../end-to-end/worker-process.ts';
import { BoardProcess } from './board-process.ts';
import { findChromium, noChromium, openChromium } from './chromium.ts';
import { TemporalUi } from './temporal-ui.ts';

const images = join(import.meta.dirname, '..', '..', 'docs', 'images');
const catalog = join(import.meta.dirname, '..', '..', 'catalog');
const width = 1400;
const say = (line: string): void => void process.stderr.write(`${line}\n`);

/** Changes of the sample service by the scenario of their commit. */
class Changes {
  private readonly runs: Runs;
  private readonly commits: Record<string, string>;

  constructor(runs: Runs, commits: Record<string, string>) {
    this.runs = runs;
    this.commits = commits;
  }

  /** Starts a deploy; it then waits for its approval. */
  async waiting(scenario: string): Promise<Run> {
    const commit = this.commits[scenario] ?? '';
    const input = { service: runtimeService, environment: 'production', commit, requestedBy: developer };
    const workflowId = `deploy-${runtimeService}-${commit.slice(0, 8)}`;
    say(`deploy of ${scenario}: ${workflowId}`);
    const run = (await this.runs.client.workflow.start('deploy', { taskQueue, workflowId, args: [input] })) as Run;
    await this.runs.untilPhase(run, 'approval');
    return run;
  }

  /** Approves it and waits for its end. */
  async approve(run: Run): Promise<void> {
    const { plan } = await this.runs.status(run);
    await run.executeUpdate(messageNames.approve, { args: [{ by: owner, plan: plan.slice(0, 12) }] });
    await run
      .result()
      .catch((error: unknown) => say(`failed: ${String(error instanceof Error ? error.cause : error)}`));
  }
}

async function shoot(page: Page, name: string, height: number): Promise<void> {
  await page.setViewportSize({ width, height });
  // The page lays its frames and its timeline out anew, and says of nothing when it is ready.
  await page.waitForTimeout(1_500);
  await page.screenshot({ path: join(images, `${name}.png`) });
  say(`docs/images/${name}.png`);
}

async function details(ui: TemporalUi, { workflowId }: Run, containing: string): Promise<void> {
  await ui.openRun(workflowId);
  await ui.openTab('User Metadata');
  await ui.details(containing);
}

async function takeAll(
  page: Page,
  { ui: address, namespace }: NonNullable<SandboxDescription['temporal']>,
  changes: Changes,
): Promise<void> {
  // What the page itself remembers when somebody picks columns.
  const remembered = JSON.stringify({ [namespace]: listColumns.map((label) => ({ label, pinned: false })) });
  await page.addInitScript((value) => localStorage.setItem('namespace-workflow-table-columns', value), remembered);
  const ui = new TemporalUi(page, { ui: address, namespace });

  const failing = await changes.waiting('fails-smoke');
  await changes.approve(failing);
  await details(ui, failing, ': failed');

  const good = await changes.waiting('good');
  await details(ui, good, 'Waits for approval');
  await shoot(page, 'run-waiting', 1_200);
  await changes.approve(good);
  await ui.openRun(good.workflowId);
  await ui.untilState('Completed');
  await shoot(page, 'run-done', 1_150);

  const next = await changes.waiting('compatible-migration');
  await ui.openList();
  await page.getByRole('link', { name: next.workflowId }).waitFor();
  await page
    .getByRole('button', { name: 'Saved Views' })
    .click({ timeout: 2_000 })
    .catch(() => undefined);
  await shoot(page, 'list', 480);
}

/** The board while users get a commit that fails under traffic, on a wide screen and on a phone. */
async function takeBoard(browser: Browser, description: SandboxDescription, changes: Changes): Promise<void> {
  // Two services are enough for a picture.
  const catalogFolder = join(description.dir, 'catalog-of-the-board');
  await mkdir(catalogFolder);
  for (const file of [`${runtimeService}.yaml`, 'oneiric.yaml'])
    await copyFile(join(catalog, file), join(catalogFolder, file));
  const board = await BoardProcess.start({ description, catalogFolder });
  const wide = await browser.newPage({ viewport: { width, height: 1_000 } });
  const phone = await browser.newPage({ viewport: { width: 390, height: 844 }, deviceScaleFactor: 2 });
  await Promise.all([wide.goto(board.url), phone.goto(board.url)]);
  const ended = changes.approve(await changes.waiting('fails-under-traffic'));
  const cell = (page: Page) => page.locator(`[id="x-${runtimeService}%20in%20production"]`);
  await cell(wide).filter({ hasText: 'deploy: baking' }).filter({ hasText: 'not what is recorded' }).waitFor();
  await wide.screenshot({ path: join(images, 'board.png'), fullPage: true });
  await cell(phone).filter({ hasText: 'not what is recorded' }).waitFor();
  await phone.screenshot({ path: join(images, 'board-phone.png') });
  say('docs/images/board.png, docs/images/board-phone.png');
  await ended;
  await board.stop();
}

async function screenshots(folder: string): Promise<void> {
  const program = findChromium();
  if (!program) throw new Error(noChromium);
  await mkdir(images, { recursive: true });
  const sandbox = await up({ dir: join(folder, 'sandbox'), say });
  const { temporal } = sandbox.description;
  if (!temporal) throw new Error('the sandbox has no Temporal');
  const connection = await Connection.connect({ address: temporal.address });
  const worker = await WorkerProcess.start({ SLIPWAY_SANDBOX_DIR: sandbox.description.dir });
  const browser = await openChromium(program);
  try {
    const commits = (await scenarioCommits())[runtimeService] ?? {};
    const page = await browser.newPage({ viewport: { width, height: 1_000 } });
    const changes = new Changes(new Runs(new Client({ connection })), commits);
    await takeAll(page, temporal, changes);
    await takeBoard(browser, sandbox.description, changes);
  } finally {
    await Promise.allSettled([browser.close(), worker.kill(), connection.close()]);
    await sandbox.stop();
  }
}

const folder = await mkdtemp(join(tmpdir(), 'slipway-screenshots-'));
try {
  await screenshots(folder);
} finally {
  await rm(folder, { recursive: true, force: true });
}
