/** The number of the sandbox's project, which is in the names of the platform's own accounts. */
export const projectNumber = '100000000001';
