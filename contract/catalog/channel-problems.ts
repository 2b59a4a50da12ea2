import { z } from 'zod';
import { peopleOf } from '../people.ts';
import { mailAddress } from './notifications.ts';

/** What has another form than it must is told elsewhere, and counts as empty here. */
const names = z.array(z.string()).catch([]);
const recipients = z.union([z.string(), names]).catch([]);
const looseChannel = z.object({ roles: names, to: recipients }).catch({ roles: [], to: [] });
const looseChannels = z.record(z.string(), looseChannel).catch({});
const looseEnvironment = z.object({ notifications: looseChannels }).catch({ notifications: {} });
const looseFile = z.object({
  owners: z.record(z.string(), names).catch({}),
  environments: z.record(z.string(), looseEnvironment).catch({}),
});

/** Names what keeps a channel from the people that it is for, in words of the catalog. */
interface ChannelProblem {
  path: (string | number)[];
  message: string;
  /** A name that is unknown, and those that there are. */
  params?: { given: string; known: string[] };
}

/**
 * Finds roles of channels that nobody holds, and people without an e-mail address who are to get one. It takes a file
 * with any other problem, so that all of them are told at once.
 */
export function channelProblems(file: unknown): ChannelProblem[] {
  const { owners, environments } = looseFile.parse(file);
  const known = Object.keys(owners);
  return Object.entries(environments).flatMap(([environment, { notifications: channels }]) =>
    Object.entries(channels).flatMap(([channelName, { roles, to }]) => {
      const path = ['environments', environment, 'notifications', channelName];
      const unknown = roles.flatMap((given, index) =>
        known.includes(given)
          ? []
          : [{ path: [...path, 'roles', index], message: `nobody holds the role ${given}`, params: { given, known } }],
      );
      const isForRoles = [to].flat().includes('roles');
      const wanted = isForRoles ? known.filter((role) => roles.length === 0 || roles.includes(role)) : [];
      const unreachable = peopleOf(owners, wanted).filter((person) => !mailAddress.safeParse(person).success);
      return [
        ...unknown,
        ...unreachable.map((person) => ({ path: [...path, 'to'], message: `${person} is no e-mail address` })),
      ];
    }),
  );
}
