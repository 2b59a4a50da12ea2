import type { Browser, Locator, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { slipway } from '../end-to-end/command-line.ts';
import type { Estate } from '../end-to-end/estate.ts';
import { owner, type Run } from '../end-to-end/runs.ts';
import { openSandbox } from '../end-to-end/stage.ts';
import type { WorkerProcess } from '../end-to-end/worker-process.ts';
import { expectFailure } from '../expect-failure.ts';
import { eventually } from '../until.ts';
import { BoardProcess } from './board-process.ts';
import { findChromium, noChromium, openChromium } from './chromium.ts';

const program = findChromium();
const title = 'the board in a browser';
if (!program) console.warn(`${title} was not tested: ${noChromium}`);

/** The page asks every three seconds, and the platform answers within some more. */
const timeout = 20_000;

describe.skipIf(!program)(program ? title : `${title}: ${noChromium}`, () => {
  const sandbox = openSandbox({ hasWorker: false });
  const said: string[] = [];
  let worker: WorkerProcess;
  let board: BoardProcess;
  let browser: Browser;
  /** Opened once, and never loaded again. */
  let page: Page;
  let leaking: Estate;
  let resting: Estate;
  let leave: () => Promise<void>;
  let parked: Run;

  beforeAll(async () => {
    worker = await sandbox.worker();
    leaking = await sandbox.estate({
      name: 'leaking',
      place: (place) => {
        place.bake = { seconds: 25, everySeconds: 1, minRequests: 0, logsArriveWithinSeconds: 5 };
        place.variables = { ...place.variables, FAIL_AFTER_SECONDS: '15' };
      },
    });
    resting = await sandbox.estate({
      name: 'resting',
      place: (place) => {
        place.bake = { seconds: 1, everySeconds: 1, minRequests: 1_000_000, logsArriveWithinSeconds: 5 };
      },
    });
    leave = await leaking.users(8);
    board = await BoardProcess.start(sandbox);
    browser = await openChromium(program ?? '');
    page = await open(board.url, 1_400);
  }, 240_000);
  afterAll(async () => {
    await leave?.();
    await browser?.close();
  });

  async function open(url: string, width: number): Promise<Page> {
    const opened = await browser.newPage({ viewport: { width, height: 900 } });
    opened.on('console', (message) => said.push(message.text()));
    opened.on('pageerror', (error) => said.push(error.message));
    opened.on('request', (request) => request.url().startsWith(url) || said.push(request.url()));
    await opened.goto(url);
    return opened;
  }

  const cellOf = ({ name }: Estate, on = page): Locator => on.locator(`[id="x-${name}%20in%20production"]`);
  const shows = async (place: Locator, text: string | RegExp): Promise<void> =>
    place.filter({ hasText: text }).waitFor({ timeout });
  const short = (estate: Estate, scenario: string): string => estate.commit(scenario).slice(0, 12);

  it('tells by itself what users get while a change bakes that fails under traffic', async () => {
    await shows(cellOf(leaking), 'never used');
    await sandbox.runs.complete('deploy', leaking.input('good'));
    await shows(cellOf(leaking), new RegExp(`commit ${short(leaking, 'good')} to 100 % of users .*, as recorded`));

    const run = await sandbox.runs.start('deploy', leaking.input('fails-under-traffic'));
    await shows(cellOf(leaking), 'deploy: baking');
    await shows(cellOf(leaking), `commit ${short(leaking, 'fails-under-traffic')} to 100 % of users`);
    const during = await cellOf(leaking).innerText();
    expect(during).toContain('this is not what is recorded');
    expect(during).toMatch(/since\s+\d\d:\d\d:\d\d .* by developer@example.com \(deploy c\w+, which is not done yet\)/);
    expect(during).toMatch(
      /not compared\s+ledger, traffic and settings: deploy c\w+ of developer@example.com holds it/,
    );
    expect(during).toMatch(new RegExp(`recorded\\s+commit ${short(leaking, 'good')}`));
    await shows(page.locator('#moves'), 'step');

    await expectFailure(run, 'RolledBack', 'the bake failed');
    await shows(cellOf(leaking), /commit \w+ to 100 % of users .*, as recorded/);
    await shows(cellOf(leaking), 'was taken back');
    await shows(cellOf(leaking), '1 on hold');
    await shows(page.locator('#week li').first(), /RolledBack.*deploy leaking → production/s);
    await shows(page.locator('#incidents'), 'nobody is on it yet');
    await page.waitForFunction('document.title.includes("1 incident")', undefined, { timeout });
  }, 150_000);

  it('tells what users get while it is parked, and the commands of each decision', async () => {
    parked = await sandbox.runs.start('deploy', resting.input('good'));
    await shows(cellOf(resting), 'deploy: parked');
    await shows(cellOf(resting), `commit ${short(resting, 'good')} to 100 % of users`);
    await shows(cellOf(resting), /not compared\s*ledger, traffic and settings: deploy c\w+ .* holds it/);
    const wait = page.locator('#waits article', { hasText: 'deploy resting → production' });
    await shows(wait, /retry: .*\.\/slipway decide \S+ --action retry/s);
    await shows(wait, owner);
  }, 90_000);

  it('scrolls only down on a phone, where each place has the name of its service', async () => {
    for (const width of [320, 360, 412]) {
      const phone = await open(board.url, width);
      expect(await phone.evaluate('document.documentElement.scrollWidth')).toBe(width);
      expect(await cellOf(resting, phone).locator('h3').innerText()).toBe('resting production');
      const sizes = "[...document.querySelectorAll('main *')].map((one) => parseFloat(getComputedStyle(one).fontSize))";
      const smallest = await phone.evaluate(`Math.min(...${sizes})`);
      expect(smallest).toBeGreaterThanOrEqual(12);
      await phone.close();
    }
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(1_400);
  });

  it('leaves alone what somebody has selected while other things change', async () => {
    const command = page.locator('#waits .command').first();
    await command.click();
    const selected = await page.evaluate('getSelection().toString()');
    expect(selected).toBe(await command.innerText());
    const heard = await page.locator('#heard').innerText();
    const isNew = async () => (await page.locator('#heard').innerText()) !== heard;
    await eventually('the next answer', isNew, timeout);
    expect(await page.evaluate('getSelection().toString()')).toBe(selected);
  });

  it('asks for nothing but its own files, and lets nothing run', () => {
    expect(said).toEqual([]);
  });

  it('links each place to its page in the Temporal UI, where it describes itself', async () => {
    const link = (await cellOf(leaking).locator('h3 a').getAttribute('href')) ?? '';
    expect(link).toMatch(/\/user-metadata$/);
    const opened = await browser.newPage();
    await opened.goto(link);
    const details = opened.frameLocator('iframe').last();
    await details.getByRole('heading', { name: 'leaking in production: free' }).waitFor();
    await opened.close();
  });

  it('has its views and columns in the Temporal UI, as ./slipway ui setup says', async () => {
    const { views, columns, columnsLine } = JSON.parse(await slipway(sandbox, 'ui', 'setup', '--json'));
    const opened = await browser.newPage({ viewport: { width: 1_800, height: 900 } });
    for (const { link } of views) {
      await opened.goto(link);
      await opened.getByRole('columnheader', { name: 'Status' }).waitFor();
    }
    await opened.evaluate(columnsLine).catch(() => undefined);
    await opened.getByRole('columnheader', { name: 'SlipwayPhase' }).waitFor();
    const headers = await opened.getByRole('columnheader').allInnerTexts();
    expect(headers.map((header) => header.trim()).slice(-columns.length)).toEqual(columns);
    for (const { name } of views) await opened.getByText(name, { exact: true }).first().waitFor();
    await opened.close();
  });

  it('is marked stale by itself without a worker, and shows what was known', async () => {
    await worker.kill();
    await shows(page.locator('.warnings'), 'Stale: ');
    await shows(cellOf(leaking), 'stale');
    await shows(cellOf(leaking), `commit ${short(leaking, 'good')} to 100 % of users`);
    await shows(page.locator('#waits'), /\.\/slipway decide \S+ --action retry/);

    const another = await BoardProcess.start(sandbox);
    const fresh = await open(another.url, 360);
    await shows(cellOf(leaking, fresh), new RegExp(`recorded.*commit ${short(leaking, 'good')}`, 's'));
    await shows(cellOf(leaking, fresh), 'by the stored ledger');
    await shows(cellOf(leaking, fresh), 'the platform cannot be asked without a worker');
    await shows(fresh.locator('#waits'), 'deploy resting → production');
    expect(await fresh.evaluate('document.documentElement.scrollWidth')).toBe(360);
    await fresh.close();
    expect(await another.stop()).toBe(0);

    worker = await sandbox.worker();
    await page.locator('.warnings').waitFor({ state: 'detached', timeout });
    await sandbox.runs.decide(parked, 'skip');
    await shows(cellOf(resting), /quiet|as recorded/);
  }, 120_000);

  it('says so when it is stopped, and keeps what it had', async () => {
    expect(await board.stop()).toBe(0);
    await shows(page.locator('#lost'), /The board does not answer any more\. What follows is as of \d\d:\d\d:\d\d/);
    await shows(cellOf(leaking), 'commit');
  });
});
