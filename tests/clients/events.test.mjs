// npm's `graphql-sse` against the server, with one connection for each operation.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createClient } from 'graphql-sse';
import { WATCH, adjust, http, next, staff } from './shop.mjs';

const SKU = 'WE0001-GN-L';

function open(t, options = {}) {
  const client = createClient({ url: http, retryAttempts: 0, ...options });
  t.after(() => client.dispose());
  return client;
}

test('queries and mutations are answered by one event', async (t) => {
  const client = open(t, { headers: { 'Accept-Language': 'en' } });
  const query = client.iterate({ query: '{ product(slug: "indigo-t-shirt") { name } }' });
  assert.deepEqual(await next(query), { product: { name: 'Indigo-dyed T-shirt' } });
  assert.deepEqual(await query.next(), { value: undefined, done: true });
  const mutation = client.iterate({ query: 'mutation { cartCreate(input: {}) { userErrors { code } } }' });
  assert.deepEqual(await next(mutation), { cartCreate: { userErrors: [] } });
});

test('a subscription tells what there is and what changes', async (t) => {
  const client = open(t);
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
});

test('several operations at once do not disturb one another', async (t) => {
  const client = open(t);
  const watched = { query: WATCH, variables: { skus: [SKU] } };
  const streams = [1, 2, 3].map(() => client.iterate(watched));
  const [first, second] = await Promise.all(streams.map(next));
  assert.deepEqual(first, second);
  await streams[0].return();
  await adjust(SKU, first.stockChanged.location.id, 1);
  await adjust(SKU, first.stockChanged.location.id, -1);
  let changed;
  do changed = (await next(streams[1])).stockChanged;
  while (changed.location.code !== first.stockChanged.location.code || changed.version <= first.stockChanged.version);
});

test('a document that the schema does not allow is refused', async (t) => {
  const client = open(t);
  for (const query of ['subscription { noSuchField }', 'subscription {', WATCH]) {
    await assert.rejects(async () => next(client.iterate({ query })));
  }
});

test('a key is read from the headers, and one that is none is refused', async (t) => {
  const known = open(t, { headers: staff });
  assert.deepEqual(await next(known.iterate({ query: '{ viewer { kind } }' })), { viewer: { kind: 'STAFF' } });
  const unknown = open(t, { headers: { Authorization: 'Bearer nonsense' } });
  await assert.rejects(next(unknown.iterate({ query: '{ viewer { kind } }' })), (error) => {
    assert.equal(error.response.status, 401);
    return true;
  });
});
