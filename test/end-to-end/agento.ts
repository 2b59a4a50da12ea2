import { execFile } from 'node:child_process';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';
import { parse, stringify } from 'yaml';
import type { z } from 'zod';
import type { Client } from '@temporalio/client';
import { installationOf } from '../../activities/temporal/installation.ts';
import { inputDigest } from '../../activities/people/requests.ts';
import type { catalogFile } from '../../contract/catalog/catalog.ts';
import { messageNames } from '../../contract/messages.ts';
import { approvalStatement, requestStatement, signatureNamespace } from '../../contract/statement.ts';
import type { ChangeStatus } from '../../contract/status.ts';
import type { Run, Runs } from './runs.ts';

type CatalogText = z.input<typeof catalogFile>;

const shipped = path.join(import.meta.dirname, '..', '..', 'catalog', 'agento.yaml');
const run = promisify(execFile);

/** The people of agento (runbook 004, ownership), with keys that live as long as the test. */
export class People {
  readonly signers: { by: string; key: string }[];
  private readonly folder: string;

  private constructor(folder: string, signers: { by: string; key: string }[]) {
    this.folder = folder;
    this.signers = signers;
  }

  static async create(names: string[]): Promise<People> {
    const folder = await mkdtemp(path.join(tmpdir(), 'slipway-people-'));
    const signers = [];
    for (const by of names) {
      await run('ssh-keygen', ['-q', '-t', 'ed25519', '-N', '', '-C', '', '-f', path.join(folder, by)]);
      signers.push({ by, key: (await readFile(path.join(folder, `${by}.pub`), 'utf8')).trim() });
    }
    return new People(folder, signers);
  }

  /** By OpenSSH's own tool, as a person at a terminal does. */
  async sign(by: string, text: string): Promise<string> {
    const file = path.join(this.folder, `statement-${Math.random().toString(36).slice(2)}`);
    await writeFile(file, text);
    await run('ssh-keygen', ['-q', '-Y', 'sign', '-n', signatureNamespace, '-f', path.join(this.folder, by), file]);
    return readFile(`${file}.sig`, 'utf8');
  }

  /** The field `request` of an input, as the person signs it who asks. */
  async request(
    client: Client,
    workflow: string,
    workflowId: string,
    input: { requestedBy: string },
  ): Promise<{ expires: string; signature: string }> {
    const expires = new Date(Date.now() + 600_000).toISOString();
    const temporal = await installationOf(client);
    return {
      expires,
      signature: await this.sign(
        input.requestedBy,
        requestStatement({ temporal, workflow, workflowId, input: inputDigest(input), by: input.requestedBy, expires }),
      ),
    };
  }

  /** The file of a person's private key. */
  key(by: string): string {
    return path.join(this.folder, by);
  }

  async remove(): Promise<void> {
    await rm(this.folder, { recursive: true });
  }
}

/**
 * Agento's catalog file as it is shipped, with keys of these people, signed approvals and sign-offs in production,
 * and short waits.
 */
export async function describeAgento(catalogFolder: string, { signers }: People): Promise<void> {
  const file = parse(await readFile(shipped, 'utf8'), { merge: true }) as CatalogText;
  const { production, staging } = file.environments;
  if (!production || !staging) throw new Error('the catalog has no staging or production of agento');
  const signOffs = { migration: [{ role: 'data-owner' }], smoke: [{ role: 'api-owner' }] };
  const policy = { ...production.approvals, identity: 'signed' as const, signOffs, expiresAfterMinutes: 5 };
  const bake = { seconds: 3, everySeconds: 1, minRequests: 1, logsArriveWithinSeconds: 20 };
  const environments = {
    ...file.environments,
    staging: { ...staging, bake },
    production: { ...production, approvals: policy, bake },
  };
  await writeFile(
    path.join(catalogFolder, 'agento.yaml'),
    stringify({ ...file, signers, environments }, { aliasDuplicateObjects: false }),
  );
}

/**
 * Answers every question of a release, through the release, as the first person whom it asks; until it has ended.
 * Answers who was asked for what.
 */
export async function answerAll(runs: Runs, release: Run, people: People): Promise<string[]> {
  const answered: string[] = [];
  for (;;) {
    const status = await runs.until(
      release,
      ({ waitingFor, outcome }) => outcome !== null || isNew(waitingFor, answered),
      120_000,
    );
    const { waitingFor } = status;
    if (status.outcome !== null || !waitingFor) return answered;
    if (waitingFor.kind !== 'child' || status.phase !== 'approval') throw new Error(`waits for ${waitingFor.what}`);
    answered.push(`${waitingFor.since} ${waitingFor.what}`);
    await release.executeUpdate(messageNames.approve, { args: [await approvalOf(waitingFor, people)] });
  }
}

function isNew(waitingFor: ChangeStatus['waitingFor'], answered: readonly string[]): boolean {
  return (
    waitingFor !== null &&
    waitingFor.kind !== 'queue' &&
    !waitingFor.what.includes('its turn') &&
    !answered.includes(`${waitingFor.since} ${waitingFor.what}`)
  );
}

async function approvalOf(
  { who: [by = ''], signature }: NonNullable<ChangeStatus['waitingFor']>,
  people: People,
): Promise<object> {
  if (!signature) return { by };
  const { signers: _signers, ...statement } = signature;
  return { by, signature: await people.sign(by, approvalStatement({ ...statement, decision: 'approve', by })) };
}
