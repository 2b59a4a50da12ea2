import type { Locator, Page } from 'playwright-core';
import { taskQueue } from '../../contract/ids.ts';
import { eventually } from '../until.ts';

/** What a person does in Temporal's own web page, with its forms as they are. */
export class TemporalUi {
  readonly page: Page;
  private readonly workflows: string;

  constructor(page: Page, { ui, namespace }: { ui: string; namespace: string }) {
    this.page = page;
    this.workflows = `${ui}/namespaces/${namespace}/workflows`;
  }

  /** The start form, by the link that fills in task queue and type. Ends on the page of the started run. */
  async start(type: string, workflowId: string, input: unknown): Promise<void> {
    const { page } = this;
    await page.goto(`${this.workflows}/start-workflow?taskQueue=${taskQueue}&workflowType=${type}`);
    await page.getByText('Task Queue is Active').waitFor();
    await page.getByRole('textbox', { name: 'Workflow ID' }).fill(workflowId);
    await typeData(page.locator('main'), input);
    await page.getByRole('button', { name: 'Start Workflow', exact: true }).click();
    await page.getByRole('link', { name: 'Workflow started successfully' }).click();
    await page.getByRole('heading', { name: workflowId }).waitFor();
  }

  async openList(query = ''): Promise<void> {
    await this.page.goto(`${this.workflows}?query=${encodeURIComponent(query)}`);
  }

  async openRun(workflowId: string): Promise<void> {
    await this.page.goto(`${this.workflows}/${workflowId}`);
    await this.page.getByRole('heading', { name: workflowId }).waitFor();
  }

  async openTab(name: 'History' | 'User Metadata'): Promise<void> {
    await this.page.getByRole('tab', { name: new RegExp(`^${name}`) }).click();
  }

  /** The current details once they contain a text; asks for fresh ones as the page says, with the key R. */
  async details(containing: string, timeoutMs?: number): Promise<string> {
    let last = '';
    const read = async (): Promise<string | false> => {
      last = await this.page
        .frameLocator('iframe')
        .locator('body')
        .innerText({ timeout: 1_000 })
        .catch(() => last);
      if (last.includes(containing)) return last;
      await this.page.keyboard.press('r');
      await this.page.waitForTimeout(250);
      return false;
    };
    return eventually(`current details with "${containing}"`, read, timeoutMs).catch((error: unknown) => {
      throw new Error(`they were:\n${last}`, { cause: error });
    });
  }

  /** Opens the form of a message under "More Actions" and picks the message. */
  async message(kind: 'Signal' | 'Update', name: string): Promise<Locator> {
    const title = kind === 'Signal' ? 'a Signal' : 'an Update';
    await this.page.getByRole('button', { name: 'More Actions' }).click();
    await this.page.getByRole('menuitem', { name: `Send ${title}` }).click();
    const form = this.page.getByRole('dialog', { name: `Send ${title}` });
    await form.getByRole('button', { name: `Select ${title}` }).click();
    await form.getByRole('option', { name: new RegExp(`^${name} `) }).click();
    return form;
  }

  /** Submits the form with this payload, or with a blank one. */
  async submit(form: Locator, payload?: unknown): Promise<void> {
    if (payload !== undefined) await typeData(form, payload);
    await form.getByRole('button', { name: 'Submit' }).click();
  }

  /** The state that stands before the title of the open run; the page follows it by itself. */
  async untilState(state: 'Running' | 'Completed' | 'Failed', timeoutMs = 90_000): Promise<void> {
    await this.page.locator('main').getByText(state, { exact: true }).first().waitFor({ timeout: timeoutMs });
  }
}

/**
 * Types into the form's one field for a JSON payload, an editor without a name. It formats what it has when it is
 * left, which moves the buttons below.
 */
async function typeData(form: Locator, payload: unknown): Promise<void> {
  const editor = form.locator('.cm-content').first();
  await editor.fill(JSON.stringify(payload));
  await editor.blur();
}
