import dns from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';
import { finalFailure } from '../failure.ts';

/**
 * Addresses that are never called: link-local ones and those of the metadata servers of clouds, which hand out
 * credentials, also in forms of IPv6 that carry an address of IPv4 (RFC 6052, RFC 8215, RFC 3056, RFC 4380).
 */
const forbidden = new BlockList();
forbidden.addSubnet('0.0.0.0', 8, 'ipv4');
forbidden.addSubnet('169.254.0.0', 16, 'ipv4');
// Alibaba Cloud, Azure, Oracle Cloud.
for (const address of ['100.100.100.200', '168.63.129.16', '192.0.0.192']) forbidden.addAddress(address, 'ipv4');
for (const [network, prefix] of [
  ['fe80::', 10],
  ['fec0::', 10],
  ['64:ff9b::', 96],
  ['64:ff9b:1::', 48],
  ['2001::', 32],
  ['2002::', 16],
] as const)
  forbidden.addSubnet(network, prefix, 'ipv6');
// AWS, Google Cloud.
for (const address of ['::', 'fd00:ec2::254', 'fd20:ce::254']) forbidden.addAddress(address, 'ipv6');
// IPv4-compatible addresses (RFC 4291, 2.5.5.1), all but `::1`.
forbidden.addRange('::2', '::ffff:ffff', 'ipv6');

/** Private networks of IPv6, where clouds have their own servers, too (RFC 4193). */
const privateNetworks = new BlockList();
privateNetworks.addSubnet('fc00::', 7, 'ipv6');

const forbiddenNames = /(^|\.)metadata(\.google\.internal|\.goog)?\.*$/;

/** Hosts that a catalog names for a gate; `null` where private networks need no name, such as for a Prometheus. */
export type DeclaredHosts = readonly string[] | null;

/** Refuses a host by its name, or by the address that it is. What a name stands for is checked by `checkedLookup`. */
export function refuseForbiddenHost(hostname: string, declared: DeclaredHosts): void {
  const name = hostname.replace(/^\[|\]$/g, '');
  if (forbiddenNames.test(name)) throw refusal(hostname);
  if (isIP(name)) refuseAddress(hostname, name, declared);
}

/**
 * Makes the look-up of a connection: it refuses a name if one of its addresses is forbidden, so that the address that
 * was checked is the one that is used. `declared` are the hosts of the catalog.
 */
export function checkedLookup(declared: DeclaredHosts): LookupFunction {
  return (hostname, options, callback) => {
    dns.lookup(hostname, { ...options, all: true }, (error, found) => {
      if (error) return callback(error, []);
      try {
        for (const { address } of found) refuseAddress(hostname, address, declared);
      } catch (refused) {
        return callback(refused as Error, []);
      }
      const [first] = found;
      if (options.all || !first) callback(null, found);
      else callback(null, first.address, first.family);
    });
  };
}

function refuseAddress(hostname: string, address: string, declared: DeclaredHosts): void {
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  if (forbidden.check(address, family)) throw refusal(hostname);
  if (declared === null || !privateNetworks.check(address, family)) return;
  const host = new URL(`http://[${address}]`).host;
  if (!declared.some((each) => each === host || each.startsWith(`${host}:`)))
    throw finalFailure(
      'BadRequest',
      `${hostname} is ${host}, an address of a private network, which a gate calls only where hosts names it: ${host}`,
    );
}

function refusal(hostname: string): Error {
  return finalFailure(
    'BadRequest',
    `${hostname} is an address of the worker's own machine or of its cloud, which Slipway never calls`,
  );
}
