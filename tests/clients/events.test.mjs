// npm's `graphql-sse` against the server, with one connection for each operation.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createClient } from 'graphql-sse';
import { WATCH, adjust, http, next, staff } from './shop.mjs';

const SKU = 'WE0001-GN-L';

function open(options = {}) {
  return createClient({ url: http, retryAttempts: 0, ...options });
}

test('queries and mutations are answered by one event', async () => {
  const client = open({ headers: { 'Accept-Language': 'en' } });
  const query = client.iterate({ query: '{ product(slug: "indigo-t-shirt") { name } }' });
  assert.deepEqual(await next(query), { product: { name: 'Indigo-dyed T-shirt' } });
  assert.deepEqual(await query.next(), { value: undefined, done: true });
  const mutation = client.iterate({ query: 'mutation { cartCreate(input: {}) { userErrors { code } } }' });
  assert.deepEqual(await next(mutation), { cartCreate: { userErrors: [] } });
  client.dispose();
});

test('a subscription tells what there is and what changes', async () => {
  const client = open();
  const watching = client.iterate({ query: WATCH, variables: { skus: [SKU] } });
  const { stockChanged: before } = await next(watching);
  assert.equal(before.variant.sku, SKU);
  await adjust(SKU, before.location.id, 1);
  let changed;
  do changed = (await next(watching)).stockChanged;
  while (changed.location.code !== before.location.code || changed.version <= before.version);
  assert.equal(changed.available, before.available + 1);
  await adjust(SKU, before.location.id, -1);
  await watching.return();
  client.dispose();
});

test('several operations at once do not disturb one another', async () => {
  const client = open();
  const watched = { query: WATCH, variables: { skus: [SKU] } };
  const streams = [1, 2, 3].map(() => client.iterate(watched));
  const [first, second] = await Promise.all(streams.map(next));
  assert.deepEqual(first, second);
  await streams[0].return();
  await adjust(SKU, first.stockChanged.location.id, 1);
  await adjust(SKU, first.stockChanged.location.id, -1);
  let changed;
  do changed = (await next(streams[1])).stockChanged;
  while (changed.version <= first.stockChanged.version);
  client.dispose();
});

test('a document that the schema does not allow is refused', async () => {
  const client = open();
  for (const query of ['subscription { noSuchField }', 'subscription {', WATCH]) {
    await assert.rejects(async () => next(client.iterate({ query })));
  }
  client.dispose();
});

test('a key is read from the headers, and one that is none is refused', async () => {
  const known = open({ headers: staff });
  assert.deepEqual(await next(known.iterate({ query: '{ viewer { kind } }' })), { viewer: { kind: 'STAFF' } });
  const unknown = open({ headers: { Authorization: 'Bearer nonsense' } });
  await assert.rejects(next(unknown.iterate({ query: '{ viewer { kind } }' })), (error) => {
    assert.equal(error.response.status, 401);
    return true;
  });
});
