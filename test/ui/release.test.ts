import type { Browser } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import type { Estate } from '../end-to-end/estate.ts';
import { owner } from '../end-to-end/runs.ts';
import { openSandbox } from '../end-to-end/stage.ts';
import { findChromium, noChromium, openChromium } from './chromium.ts';
import { TemporalUi } from './temporal-ui.ts';

const program = findChromium();
const title = 'a release with nothing but the Temporal UI';
// A skipped test is a grey line that nobody reads.
if (!program) console.warn(`${title} was not tested: ${noChromium}`);

describe.skipIf(!program)(program ? title : `${title}: ${noChromium}`, () => {
  const sandbox = openSandbox();
  let browser: Browser;
  let estate: Estate;
  let ui: TemporalUi;
  const workflowId = 'release-from-the-ui';

  beforeAll(async () => {
    estate = await sandbox.estate({
      name: 'from-the-ui',
      place: (place) => (place.approvals = { required: [{ role: 'release-owner' }], expiresAfterMinutes: 5 }),
    });
    browser = await openChromium(program ?? '');
    const page = await browser.newPage({ viewport: { width: 1400, height: 1000 } });
    const { ui: address = '', namespace = '' } = sandbox.description.temporal ?? {};
    ui = new TemporalUi(page, { ui: address, namespace });
  });
  afterAll(() => browser?.close());

  it('starts by the form, and says what it waits for with the exact commands', async () => {
    await ui.start('deploy', workflowId, estate.input('good'));
    await ui.openTab('User Metadata');
    const details = await ui.details('Waits for approval');
    const { waitingFor, plan } = await sandbox.runs.status(sandbox.runs.client.workflow.getHandle(workflowId));
    expect(details).toContain(plan.slice(0, 12));
    expect(details).toContain(owner);
    const pasted = details
      .replaceAll('\u00a0', ' ')
      .replace(/ \\\n\s*/g, ' ')
      .replace(/,\n\s*/g, ',');
    expect(waitingFor?.commands[0]).toContain(`--workflow-id ${workflowId} --name approve`);
    for (const command of waitingFor?.commands ?? []) expect(pasted).toContain(command);
  });

  it('refuses a blank approval by update, in the form and in the details', async () => {
    const form = await ui.message('Update', 'approve');
    await ui.submit(form);
    await form.getByText('by: must say who', { exact: true }).waitFor();
    await form.getByRole('button', { name: 'Cancel' }).last().click();
    expect(await ui.details('Refused messages')).toMatch(
      /Refused messages: 1\s+Last: approve by an unknown sender .*by: must say who/,
    );
    await ui.untilState('Running');
  });

  it('goes on after the approval by signal, and the service serves the commit', async () => {
    const [, plan] = /\bplan ([0-9a-f]{12})\b/.exec(await ui.details('Waits for approval')) ?? [];
    const form = await ui.message('Signal', 'approve');
    await ui.submit(form, { by: owner, plan });
    await form.waitFor({ state: 'hidden' });
    await ui.untilState('Completed');
    expect(await ui.details(': done')).toContain(`approved by ${owner} as release-owner`);
    expect(await estate.ask('/health')).toMatchObject({ status: 200, body: { commit: estate.commit('good') } });
  }, 120_000);
});
