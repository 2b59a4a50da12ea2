import { readdir, readFile, writeFile } from 'node:fs/promises';
import path from 'node:path';
import { parse, stringify } from 'yaml';
import { messageNames } from '../../../contract/messages.ts';
import { dataOwner, developer, owner, type Run } from '../runs.ts';
import { eventually } from '../../until.ts';
import { succeeded, type World } from './world.ts';

const service = 'openagents-runtime';
const environment = 'production';

/** A catalog file as far as these preparations change it. */
interface CatalogFile {
  environments: Record<string, Record<string, unknown> & { bake?: Record<string, unknown> }>;
}

/** Changes a file of the person's catalog. */
export async function editCatalog(
  { sandbox }: World,
  name: string,
  change: (file: CatalogFile) => void,
): Promise<void> {
  const file = path.join(sandbox.catalogFolder, `${name}.yaml`);
  const content = parse(await readFile(file, 'utf8'), { merge: true }) as CatalogFile;
  change(content);
  await writeFile(file, stringify(content, { aliasDuplicateObjects: false }));
}

/** Shortens the time for which a release is watched, in every environment: users are few and quick here. */
export async function watchBriefly(world: World): Promise<void> {
  const files = (await readdir(world.sandbox.catalogFolder)).filter((name) => name.endsWith('.yaml'));
  for (const file of files)
    await editCatalog(world, file.replace('.yaml', ''), ({ environments }) => {
      for (const place of Object.values(environments))
        if (place.bake) Object.assign(place.bake, { seconds: 3, everySeconds: 1, logsArriveWithinSeconds: 4 });
    });
}

/** Starts a deploy, to production where nothing else is said. */
async function startDeploy({ sandbox }: World, scenario: string, id: string, place = environment): Promise<Run> {
  const commit = sandbox.commitOf(service, scenario);
  return sandbox.runs.start('deploy', { service, environment: place, commit, requestedBy: developer }, id);
}

/** A deploy that waits for its approval. */
export async function asking(world: World, scenario = 'compatible-migration', id = 'deploy-1'): Promise<Run> {
  const run = await startDeploy(world, scenario, id);
  await world.sandbox.runs.untilPhase(run, 'approval');
  return run;
}

/** A deploy that has ended: the environment serves the commit. Answers the change. */
export async function released(world: World, scenario: string, place = environment): Promise<string> {
  const { runs } = world.sandbox;
  const run = await startDeploy(world, scenario, `deploy-${scenario}`, place);
  await runs.approve(run);
  if (scenario === 'incompatible-migration') {
    await runs.approve(run, dataOwner);
    return (await runs.resultAcross(run)).change;
  }
  return (await run.result()).change;
}

/** Two releases, so that there is a state to go back to. Answers the change of the first. */
export async function releasedTwice(world: World, place = environment): Promise<string> {
  const first = await released(world, 'good', place);
  await released(world, 'compatible-migration', place);
  return first;
}

/** A deploy that is parked behind its shift: the log does not arrive, so nobody can say whether all is well. */
export async function parked(world: World, scenario = 'compatible-migration'): Promise<Run> {
  await world.sandbox.control.tune({ logDelayMs: 600_000 });
  const run = await startDeploy(world, scenario, 'deploy-1');
  await world.sandbox.runs.approve(run);
  await world.sandbox.runs.untilPhase(run, 'parked');
  return run;
}

/** The log arrives again. */
export async function logArrives({ sandbox }: World): Promise<void> {
  await sandbox.control.tune({ logDelayMs: 0 });
}

/** Waits for the end of a run, however that is. */
export async function ended({ sandbox }: World, id: string): Promise<void> {
  await sandbox.runs
    .get(id)
    .result()
    .catch(() => undefined);
}

/** Somebody cancels a run. */
export async function cancelled(world: World, id: string): Promise<void> {
  await world.sandbox.runs.get(id).cancel();
  await ended(world, id);
}

/** The hash of the plan that a run asks about. */
export async function planOf({ sandbox }: World, id: string): Promise<string> {
  const { plan } = await sandbox.runs.status(sandbox.runs.get(id));
  return plan?.slice(0, 12) ?? '';
}

/** Nobody is granted production meanwhile. */
export async function frozen({ shell }: World, name = service): Promise<void> {
  const freeze = `environment freeze ${name} --environment ${environment} --reason 'a test stands still here'`;
  succeeded(await shell.paste(`./slipway ${freeze}`));
}

export async function unfrozen({ sandbox }: World): Promise<void> {
  await sandbox.runs.tell(service, 'unfreeze', 'it goes on');
}

/** What was taken back before may be released again. */
export async function nothingOnHold({ sandbox: { runs } }: World): Promise<void> {
  const { holds } = await runs.environment(service);
  if (holds.length > 0) await runs.lift(service, 'it is needed again');
}

/** Somebody changes production by hand, and a look finds it. */
export async function driftFound({ sandbox, shell }: World): Promise<void> {
  const image = (await sandbox.platform.service(service)).template?.containers?.[0]?.image ?? '';
  await sandbox.platform.deployByHand(service, image, { EDITED_AT: `${Date.now()}` });
  const { said } = await shell.paste(`./slipway drift ${service} --environment ${environment}`);
  if (!said.includes('Drifted')) throw new Error(`no drift was found:\n${said}`);
}

/** Waits until the environment asks for a decision. */
export async function environmentIsParked({ sandbox }: World): Promise<void> {
  await eventually('the environment is parked', async () => {
    const { waitingFor } = await sandbox.runs.environment(service);
    return waitingFor?.kind === 'operator';
  });
}

/** Sends a decision about a parked run. */
export async function decided(run: Run, action: string): Promise<void> {
  await run.executeUpdate(messageNames.decide, { args: [{ action, by: owner }] });
}

/** Somebody else than the release owner approves what asks for production of the runtime. */
export async function approvedByDeputy({ shell }: World): Promise<void> {
  succeeded(
    await shell.paste(`./slipway approve ${service} --environment ${environment} --by release-deputy@example.com`),
  );
}
