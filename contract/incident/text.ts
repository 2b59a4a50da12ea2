import { categoryOf, type CategoryName } from './categories/index.ts';

/** Says a category as people know it: its letter in the runbook, and its title. */
export function categoryTitle(name: CategoryName): string {
  const { letter, title } = categoryOf(name);
  return `${letter}, ${title}`;
}

/** Says a category with the page that a person follows. */
export function categoryWithRunbook(name: CategoryName): string {
  return `${categoryTitle(name)}; runbook ${categoryOf(name).runbook}`;
}
