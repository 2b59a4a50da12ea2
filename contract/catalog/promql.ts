import { z } from 'zod';

/** A query of Prometheus. */
export const promql = z
  .string('must be a query')
  .min(1, 'must not be blank')
  .max(5000, 'at most 5000 characters')
  .meta({ title: 'PromQL' });
