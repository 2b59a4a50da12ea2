import { readdir, readFile } from 'node:fs/promises';
import path from 'node:path';
import type { Client, WorkflowHandle } from '@temporalio/client';

/** A value that must be nowhere, and looks different in each form that it may be written in. */
export function canaryOf(name: string): string {
  return `canary-${name}-"7\\f?/+é &%=`;
}

/** Lists the forms in which a value may stand in a text. */
export function formsOf(value: string): string[] {
  const bytes = Buffer.from(value);
  const json = JSON.stringify(value).slice(1, -1);
  // In a longer text that is encoded as a whole, a value begins at one of three places.
  const shifted = [1, 2].map((count) =>
    Buffer.concat([Buffer.alloc(count, 'x'), bytes])
      .toString('base64')
      .slice(4, -4),
  );
  return [
    value,
    json,
    JSON.stringify(json).slice(1, -1),
    encodeURIComponent(value),
    encodeURI(value),
    bytes.toString('base64').replace(/=+$/, '').slice(0, -1),
    bytes.toString('base64url').slice(0, -1),
    bytes.toString('hex'),
    ...shifted,
  ];
}

/** Lists what a service may say of a value: as it is, encoded, and within a longer text that is encoded as a whole. */
export function sayingsOf(value: string): string[] {
  const bytes = Buffer.from(value);
  const json = JSON.stringify(value).slice(1, -1);
  const encodings = [bytes.toString('base64'), bytes.toString('base64url'), bytes.toString('hex')];
  const longer = ['x', 'xx', 'xxx'].map((more) => Buffer.from(`${more}${value}${more}`).toString('base64'));
  const lines = bytes.toString('base64').replace(/.{20}/g, '$&\n');
  const urls = [encodeURIComponent(value), encodeURI(value)];
  return [value, json, JSON.stringify(json).slice(1, -1), ...urls, ...encodings, ...longer, lines];
}

/** Names the texts that have a value in some form. */
export function findCanaries(values: readonly string[], texts: ReadonlyMap<string, string>): string[] {
  const forms = values.flatMap(formsOf);
  return [...texts].filter(([, text]) => forms.some((form) => text.includes(form))).map(([name]) => name);
}

/** Reads every history of a server as text. */
export async function readHistories(client: Client): Promise<Map<string, string>> {
  const texts = new Map<string, string>();
  for await (const { workflowId, runId } of client.workflow.list())
    for (const [name, text] of await readHistory(client.workflow.getHandle(workflowId, runId))) texts.set(name, text);
  return texts;
}

/** Reads what a server has of one run as text, with payloads as they were before they were encoded. */
export async function readHistory(run: WorkflowHandle): Promise<Map<string, string>> {
  const history = await run.fetchHistory();
  const { memo, typedSearchAttributes } = await run.describe();
  return new Map([
    [`history of ${run.workflowId}`, `${JSON.stringify(history)}\n${decoded(history).join('\n')}`],
    [`description of ${run.workflowId}`, JSON.stringify([memo, typedSearchAttributes])],
  ]);
}

/** Reads every file below a folder as text. */
export async function readFolder(folder: string): Promise<Map<string, string>> {
  const entries = await readdir(folder, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile()).map(({ parentPath, name }) => path.join(parentPath, name));
  return new Map(await Promise.all(files.map(async (file) => [file, await readFile(file, 'utf8')] as const)));
}

/** Collects what is bytes in an object, however deep, as text. */
function decoded(value: unknown): string[] {
  if (value instanceof Uint8Array) return [Buffer.from(value).toString('utf8')];
  if (Array.isArray(value)) return value.flatMap(decoded);
  return value !== null && typeof value === 'object' ? Object.values(value).flatMap(decoded) : [];
}
