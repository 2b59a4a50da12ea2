import type { Client } from '@temporalio/client';
import proto from '@temporalio/proto';
import { searchAttributeNames, type SearchAttributeName } from '../../contract/search-attributes.ts';

const keyword = proto.temporal.api.enums.v1.IndexedValueType.INDEXED_VALUE_TYPE_KEYWORD;

/** Tells of a search attribute of ours what the namespace has. */
export interface AttributeState {
  name: SearchAttributeName;
  state: 'there' | 'missing' | 'of another type';
}

/** Looks which of our search attributes the namespace has. */
export async function searchAttributesOf(client: Client): Promise<AttributeState[]> {
  const { namespace } = client.options;
  const { customAttributes } = await client.connection.operatorService.listSearchAttributes({ namespace });
  return searchAttributeNames.map((name) => {
    const type = customAttributes?.[name];
    if (type === undefined || type === null) return { name, state: 'missing' };
    return { name, state: type === keyword ? 'there' : 'of another type' };
  });
}

/** Creates search attributes in the namespace. */
export async function createSearchAttributes(client: Client, names: readonly SearchAttributeName[]): Promise<void> {
  const { namespace } = client.options;
  const searchAttributes = Object.fromEntries(names.map((name) => [name, keyword]));
  await client.connection.operatorService.addSearchAttributes({ namespace, searchAttributes });
}
