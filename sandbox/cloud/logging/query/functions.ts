import { createHash } from 'node:crypto';
import { BlockList, isIP } from 'node:net';
import { FilterError } from './filter-error.ts';
import { readField } from './read.ts';
import { resolveField } from './schema.ts';
import type { ResolvedField } from './schema.ts';
import { searchTest } from './search.ts';
import type { CallArgument } from './syntax.ts';
import { toNumber } from './values.ts';
import type { JsonObject } from '../entry.ts';

export type EntryTest = (entry: JsonObject) => boolean;

type FilterFunction = (callArguments: readonly CallArgument[]) => EntryTest;

/** Platform: Logging query language, "Functions". Names are taken in any case. */
const FUNCTIONS: Readonly<Record<string, FilterFunction>> = {
  log_id: logId,
  source,
  sample,
  ip_in_net: ipInNet,
  search,
};

export function functionTest(name: string, callArguments: readonly CallArgument[]): EntryTest {
  const build = Object.hasOwn(FUNCTIONS, name.toLowerCase()) ? FUNCTIONS[name.toLowerCase()] : undefined;
  if (build === undefined) {
    throw FilterError.unsupported(`unknown function '${name}'; known are ${Object.keys(FUNCTIONS).join(', ')}`);
  }
  return build(callArguments);
}

function logId(callArguments: readonly CallArgument[]): EntryTest {
  const [wanted] = exactly('log_id', callArguments, 1);
  const id = wanted.literal.text.toLowerCase();
  return (entry) => {
    const name = typeof entry.logName === 'string' ? entry.logName : '';
    const encoded = name.slice(name.indexOf('/logs/') + '/logs/'.length);
    return decodeURIComponent(encoded).toLowerCase() === id || encoded.toLowerCase() === id;
  };
}

function source(callArguments: readonly CallArgument[]): EntryTest {
  const [wanted] = exactly('source', callArguments, 1);
  const prefix = `${wanted.literal.text.toLowerCase()}/logs/`;
  return (entry) => typeof entry.logName === 'string' && entry.logName.toLowerCase().startsWith(prefix);
}

/** Keeps a fraction of the entries, always the same ones for the same field value. */
function sample(callArguments: readonly CallArgument[]): EntryTest {
  const [field, part] = exactly('sample', callArguments, 2);
  const resolved = fieldArgument('sample', field);
  const fraction = toNumber(part.literal.text);
  if (fraction === undefined || !(fraction >= 0 && fraction <= 1)) {
    throw FilterError.unsupported(`sample needs a fraction from 0 to 1, not '${part.literal.text}'`);
  }
  return (entry) =>
    readField(entry, resolved).some((value) => {
      const digest = createHash('sha256').update(String(value)).digest();
      return digest.readUInt32BE(0) / 0x1_0000_0000 < fraction;
    });
}

function ipInNet(callArguments: readonly CallArgument[]): EntryTest {
  const [field, network] = exactly('ip_in_net', callArguments, 2);
  const resolved = fieldArgument('ip_in_net', field);
  const [address = '', length = ''] = network.literal.text.split('/');
  const family = isIP(address);
  const bits = length === '' ? (family === 6 ? 128 : 32) : Number(length);
  const valid = family !== 0 && Number.isInteger(bits) && bits >= 0 && bits <= (family === 6 ? 128 : 32);
  if (!valid) throw FilterError.unsupported(`ip_in_net needs an address or a subnet, not '${network.literal.text}'`);
  const block = new BlockList();
  block.addSubnet(address, bits, family === 6 ? 'ipv6' : 'ipv4');
  return (entry) =>
    readField(entry, resolved).some((value) => {
      const kind = typeof value === 'string' ? isIP(value) : 0;
      return kind !== 0 && block.check(value as string, kind === 6 ? 'ipv6' : 'ipv4');
    });
}

function search(callArguments: readonly CallArgument[]): EntryTest {
  if (callArguments.length === 1) return searchTest((callArguments[0] as CallArgument).literal.text);
  const [field, query] = exactly('search', callArguments, 2);
  const resolved = fieldArgument('search', field);
  const test = searchTest(query.literal.text);
  return (entry) => test(readField(entry, resolved));
}

function fieldArgument(name: string, argument: CallArgument): ResolvedField {
  if (argument.path === undefined) throw FilterError.unsupported(`${name} needs a field as its first argument`);
  return resolveField(argument.path);
}

function exactly(name: string, callArguments: readonly CallArgument[], count: 1): [CallArgument];
function exactly(name: string, callArguments: readonly CallArgument[], count: 2): [CallArgument, CallArgument];
function exactly(name: string, callArguments: readonly CallArgument[], count: number): CallArgument[] {
  if (callArguments.length !== count) {
    throw FilterError.unsupported(`${name} takes ${count} argument(s), ${callArguments.length} given`);
  }
  return [...callArguments];
}
