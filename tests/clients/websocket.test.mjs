// npm's `graphql-ws`, the client that Apollo Client and urql use, against the server.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { WATCH, adjust, next, staff, ws } from './shop.mjs';

const SKU = 'WE0001-GN-S';
const PROTOCOL = 'graphql-transport-ws';

function open(t, options = {}) {
  const sockets = [];
  const client = createClient({
    url: ws,
    webSocketImpl: WebSocket,
    retryAttempts: 2,
    retryWait: async () => {},
    on: { connected: (socket) => sockets.push(socket) },
    ...options,
  });
  t.after(() => client.dispose());
  return { client, sockets };
}

// How the server closes a raw socket that says these messages, all but the first once it was let in: [code, reason].
function closing(messages, protocol = PROTOCOL) {
  return new Promise((resolve, reject) => {
    const socket = new WebSocket(ws, protocol);
    const say = (one) => socket.send(typeof one === 'string' ? one : JSON.stringify(one));
    socket.on('open', () => messages.slice(0, 1).forEach(say));
    socket.once('message', () => messages.slice(1).forEach(say));
    socket.on('close', (code, reason) => resolve([code, reason.toString()]));
    socket.on('error', reject);
  });
}

test('queries and mutations may go over the socket too', async (t) => {
  const { client } = open(t, { connectionParams: { 'Accept-Language': 'en' } });
  const query = client.iterate({ query: '{ product(slug: "indigo-t-shirt") { name } }' });
  assert.deepEqual(await next(query), { product: { name: 'Indigo-dyed T-shirt' } });
  assert.deepEqual(await query.next(), { value: undefined, done: true });
  const mutation = client.iterate({ query: 'mutation { cartCreate(input: {}) { userErrors { code } } }' });
  assert.deepEqual(await next(mutation), { cartCreate: { userErrors: [] } });
  assert.equal((await mutation.next()).done, true);
});

test('a subscription tells what there is and what changes; completing it leaves the others alone', async (t) => {
  const { client, sockets } = open(t);
  const watched = { query: WATCH, variables: { skus: [SKU] } };
  const [one, other] = [client.iterate(watched), client.iterate(watched)];
  const { stockChanged: before } = await next(one);
  assert.equal(before.variant.sku, SKU);

  await one.return();
  const found = new Map();
  const at = before.location;
  while (!found.has(at.code)) {
    const { stockChanged } = await next(other);
    found.set(stockChanged.location.code, stockChanged);
  }
  await adjust(SKU, at.id, 1);
  let changed;
  do changed = (await next(other)).stockChanged;
  while (changed.location.code !== at.code || changed.version <= before.version);
  assert.equal(changed.available, before.available + 1);
  await adjust(SKU, at.id, -1);
  assert.equal(sockets.length, 1);
});

test('a document that the schema does not allow ends its own operation only', async (t) => {
  const { client, sockets } = open(t);
  const watching = client.iterate({ query: WATCH, variables: { skus: [SKU] } });
  await next(watching);
  for (const [query, code] of [
    ['subscription { noSuchField }', 'GRAPHQL_VALIDATION_FAILED'],
    ['subscription {', 'GRAPHQL_PARSE_FAILED'],
    [WATCH, 'BAD_USER_INPUT'],
  ]) {
    await assert.rejects(next(client.iterate({ query })), (errors) => {
      assert.ok(Array.isArray(errors), String(errors));
      assert.deepEqual(errors.map((error) => error.extensions.code), [code]);
      return true;
    });
  }
  const [{ readyState }] = sockets;
  assert.equal(readyState, WebSocket.OPEN);
  assert.equal(sockets.length, 1);
  await watching.return();
});

test('after a broken connection the client subscribes again and learns what there is now', async (t) => {
  const { client, sockets } = open(t);
  const watching = client.iterate({ query: WATCH, variables: { skus: [SKU] } });
  const { stockChanged: before } = await next(watching);
  sockets[0].terminate();
  let after;
  do after = (await next(watching)).stockChanged;
  while (after.location.code !== before.location.code || sockets.length < 2);
  assert.deepEqual(after, before);
  assert.equal(sockets.length, 2);
});

test('a key travels in the first message', async (t) => {
  const { client } = open(t, { connectionParams: staff });
  assert.deepEqual(await next(client.iterate({ query: '{ viewer { kind } }' })), { viewer: { kind: 'STAFF' } });
});

test('a key that is none closes the socket with 4403, which no client tries again', async (t) => {
  const { client, sockets } = open(t, { connectionParams: { Authorization: 'Bearer nonsense' } });
  await assert.rejects(next(client.iterate({ query: '{ viewer { kind } }' })), (event) => {
    assert.equal(event.code, 4403);
    return true;
  });
  assert.equal(sockets.length, 0);
});

test('each breach of the protocol has its close code', async () => {
  const init = { type: 'connection_init' };
  const subscribe = { id: '1', type: 'subscribe', payload: { query: WATCH, variables: { skus: [SKU] } } };
  assert.deepEqual(await closing([subscribe]), [4401, 'Unauthorized']);
  assert.deepEqual(await closing([init, init]), [4429, 'Too many initialisation requests']);
  assert.deepEqual(await closing([init, subscribe, subscribe]), [4409, 'Subscriber for 1 already exists']);
  assert.equal((await closing(['{"type":']))[0], 4400);
  assert.equal((await closing([[init]]))[0], 4400);
  assert.equal((await closing([], []))[0], 4406);
});
