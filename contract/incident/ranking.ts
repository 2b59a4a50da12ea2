import type { CategoryName } from './categories/index.ts';
import type { Evidence } from './look.ts';

export function rankCategories(_evidence: readonly Evidence[]): { category: CategoryName; reason: string }[] {
  return [];
}
