import { cleanLine } from '../cli/text.ts';

/** Describes a permission that was taken away, as the sandbox's cloud does. */
export interface Denial {
  permission: string;
  resource?: string;
}

/** Shows one permission that was taken away. */
export function denialLine({ permission, resource }: Denial): string {
  return cleanLine(`denied  ${permission}  on ${resource ?? 'every resource'}`);
}

/** Describes an account that was given permissions, as the sandbox's cloud does. */
export interface Account {
  account: string;
  permissions: string[];
}

/** Shows what one account may do. */
export function accountLine({ account, permissions }: Account): string {
  return cleanLine(`account  ${account}  may  ${permissions.join(', ') || 'nothing'}`);
}
