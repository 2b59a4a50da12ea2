import { z } from 'zod';
import { targetKinds, type TargetKindName } from './index.ts';

type Schema = ReturnType<(typeof targetKinds)[TargetKindName]['schema']>;
const schemas = Object.values(targetKinds).map(({ schema }) => schema()) as [Schema, ...Schema[]];

/** The schema of a target: one of the kinds. */
export const target = z.discriminatedUnion('kind', schemas, `must have a kind: ${Object.keys(targetKinds).join(', ')}`);
