/** Gives each pod a loopback address of its own. Only Linux answers on all of 127.0.0.0/8 without set-up. */
export interface Addresses {
  /** Takes a free address, the wanted one where it is free. */
  take(wanted?: string): string;
  give(address: string): void;
}

/** Opens a network such as `127.20`, whose addresses are taken in turn, so that one is not used again at once. */
export function openAddresses(network: string): Addresses {
  const taken = new Set<string>();
  let next = 0;
  const draw = (): string => {
    next = (next + 1) % (256 * 254);
    return `${network}.${Math.floor(next / 254)}.${(next % 254) + 1}`;
  };
  return {
    take: (wanted) => {
      let address = wanted?.startsWith(`${network}.`) ? wanted : draw();
      while (taken.has(address)) address = draw();
      taken.add(address);
      return address;
    },
    give: (address) => void taken.delete(address),
  };
}

/** Derives the network of a cluster's pods from that of its Services, `127.64.0.0/16` and on: they never meet. */
export function podNetworkBeside(serviceNetwork: string): string {
  return `127.${Number(serviceNetwork.split('.')[1]) + 64}`;
}
