import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { pathToFileURL } from 'node:url';
import type { Browser, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { reportHtml } from '../../client/report/html/page.ts';
import { incidentReport } from '../../client/report/incident-report.ts';
import { hostile } from '../client/incident/hostile.ts';
import { afterIt, closedIncident, duringIt, openIncident, timeline } from '../client/incident/sample.ts';
import { findChromium, noChromium, openChromium } from './chromium.ts';

const program = findChromium();
const title = 'the report of an incident in a browser';
if (!program) console.warn(`${title} was not tested: ${noChromium}`);

const reports = {
  closed: incidentReport(closedIncident, timeline, afterIt),
  open: incidentReport(openIncident, timeline, duringIt),
  hostile: incidentReport(hostile(closedIncident), timeline, afterIt),
};
type Name = keyof typeof reports;
const widths = [360, 1280];
const cases = (Object.keys(reports) as Name[]).flatMap((name) => widths.map((width): [Name, number] => [name, width]));

describe.skipIf(!program)(program ? title : `${title}: ${noChromium}`, () => {
  let browser: Browser;
  let folder: string;

  beforeAll(async () => {
    folder = await mkdtemp(join(tmpdir(), 'slipway-report-'));
    browser = await openChromium(program ?? '');
  });
  afterAll(async () => {
    await browser?.close();
    await rm(folder, { recursive: true, force: true });
  });

  /** Opens a report as a person opens a file; `said` has what the console said and what was asked for besides. */
  async function open(name: Name, width: number, options: object = {}): Promise<{ page: Page; said: string[] }> {
    const file = join(folder, `${name}.html`);
    const report = reports[name];
    if (report === null) throw new Error(`${name} is no incident`);
    await writeFile(file, reportHtml(report));
    const address = pathToFileURL(file).href;
    const page = await browser.newPage({ viewport: { width, height: 900 }, ...options });
    const said: string[] = [];
    page.on('console', (message) => said.push(message.text()));
    page.on('pageerror', (error) => said.push(error.message));
    page.on('dialog', (dialog) => void dialog.dismiss().then(() => said.push('a dialog')));
    page.on('request', (request) => request.url() === address || said.push(request.url()));
    await page.goto(address);
    return { page, said };
  }

  it.each(cases)('asks for nothing, runs nothing and scrolls only down: %s at %d px', async (name, width) => {
    const { page, said } = await open(name, width);
    expect(said).toEqual([]);
    expect(await page.evaluate('document.documentElement.scrollWidth')).toBe(width);
    expect(await page.locator('script, img, iframe, link, form').count()).toBe(0);
    const smallest = await page.evaluate(
      "Math.min(...[...document.querySelectorAll('main *')].map((one) => parseFloat(getComputedStyle(one).fontSize)))",
    );
    expect(smallest).toBeGreaterThanOrEqual(11);
    await page.close();
  });

  it.each(['light', 'dark'] as const)('can be read in the %s: text and ground differ enough', async (colorScheme) => {
    const { page } = await open('closed', 360, { colorScheme });
    const [text, ground, dim] = await page.evaluate<[string, string, string]>(`[
      getComputedStyle(document.body).color, getComputedStyle(document.body).backgroundColor,
      getComputedStyle(document.querySelector('dt')).color]`);
    // WCAG 2.2, 1.4.3: 4.5 to 1 for text of ordinary size.
    expect(contrast(text, ground)).toBeGreaterThan(7);
    expect(contrast(dim, ground)).toBeGreaterThan(4.5);
    await page.close();
  });

  it('draws on one axis: the alert begins where the incident does, and the changes stand before it', async () => {
    const { page } = await open('closed', 1280);
    const left = async (selector: string) => (await page.locator(selector).first().boundingBox())?.x ?? NaN;
    const onset = await left('.lane line.onset');
    expect(Math.abs((await left('.lane.alert rect')) - onset)).toBeLessThan(2);
    expect(await left('.lane.change circle')).toBeLessThan(onset);
    expect(await left('.lane.done rect')).toBeGreaterThan(onset);
    await page.close();
  });

  it('is printed in black on white, also by who reads in the dark', async () => {
    const { page } = await open('closed', 1280, { colorScheme: 'dark' });
    await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
    expect(await page.evaluate('getComputedStyle(document.body).backgroundColor')).toBe('rgb(255, 255, 255)');
    expect(await page.evaluate('getComputedStyle(document.body).color')).toBe('rgb(0, 0, 0)');
    await page.close();
  });
});

/** Contrast of two colours (WCAG 2.2, contrast ratio). */
function contrast(one: string, other: string): number {
  const [high = 0, low = 0] = [luminance(one), luminance(other)].sort((a, b) => b - a);
  return (high + 0.05) / (low + 0.05);
}

function luminance(color: string): number {
  const [red = 0, green = 0, blue = 0] = (color.match(/\d+/g) ?? []).map((part) => {
    const share = Number(part) / 255;
    return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
  });
  return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
}
