// The clients of docs/realtime.md, as they are written there, while the server is away for a moment.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { connect, createServer } from 'node:net';
import { test } from 'node:test';
import { createClient as createSocketClient } from 'graphql-ws';
import { createClient as createEventsClient } from 'graphql-sse';
import { WebSocket } from 'ws';
import { adjust, ask } from './shop.mjs';

const PAGE = readFileSync(new URL('../../docs/realtime.md', import.meta.url), 'utf8');

// The road to the server, which can be closed: connections break then, and new ones are refused.
async function gate(t) {
  const [host, port] = process.env.ADDRESS.split(':');
  const through = new Set();
  const server = createServer((near) => {
    const far = connect(Number(port), host);
    for (const [one, other] of [[near, far], [far, near]]) {
      through.add(one);
      one.pipe(other).on('error', () => {});
      one.on('error', () => {}).on('close', () => other.destroy());
    }
  });
  const open = (at) => new Promise((resolve) => server.listen(at, '127.0.0.1', () => resolve(server.address().port)));
  const close = () => new Promise((resolve) => {
    server.close(resolve);
    through.forEach((one) => one.destroy());
  });
  const at = await open(0);
  t.after(() => server.listening && close());
  return { address: `127.0.0.1:${at}/graphql`, close, open: () => open(at) };
}

// What the page says below a heading, run with this for `createClient`.
function asWritten(heading, createClient) {
  const [, section] = PAGE.split(`\n## ${heading}\n`);
  const code = [...section.split('\n## ')[0].matchAll(/^```js\n(.*?)^```$/gms)].map(([, text]) => text).join('');
  new Function('createClient', code.replace(/^import .*$/gm, ''))(createClient);
}

for (const [heading, makeClient] of [
  ['WebSocket', (options, road, retryWait) => createSocketClient({
    ...options,
    url: `ws://${road}`,
    connectionParams: { ...options.connectionParams, apiKey: 'hk_demo_staff' },
    webSocketImpl: WebSocket,
    retryWait,
  })],
  ['Server-sent events', (options, road, retry) => createEventsClient({
    ...options,
    url: `http://${road}`,
    headers: { ...options.headers, Authorization: 'Bearer hk_demo_staff' },
    retry,
  })],
]) {
  test(`${heading}: the server goes away and comes back, and the client is told only what it has missed`, async (t) => {
    const road = await gate(t);
    const events = [];
    let [attempts, waiting, tried] = [0, () => {}, () => {}];
    const until = async (isEnough) => {
      while (!isEnough()) await new Promise((resolve) => { waiting = resolve; });
      assert.ok(events.every((event) => 'version' in event), String(events.at(-1)));
    };
    const heard = (event) => { events.push(event); waiting(); };
    const { variant } = await ask(
      '{ variant(sku: "BA0196-GN") { availability(first: 100) { locations { location { id code } } } } }',
    );
    const places = variant.availability.locations.map(({ location }) => location);

    asWritten(heading, (options) => {
      const client = makeClient(options, road.address, async () => { attempts += 1; tried(); });
      t.after(() => client.dispose());
      return {
        subscribe: (request, sink) => client.subscribe(request, {
          ...sink,
          next: (event) => { sink.next(event); heard(event.data.stockChanged); },
          error: heard,
        }),
      };
    });
    await until(() => events.length === places.length);

    await road.close();
    // More often than the clients try by themselves.
    await new Promise((resolve) => { tried = () => attempts >= 8 && resolve(); });
    const [place] = places;
    await adjust('BA0196-GN', place.id, 1);
    await road.open();
    await until(() => events.length > places.length);
    await adjust('BA0196-GN', place.id, -1);
    await until(() => events.length > places.length + 1);
    assert.deepEqual(events.slice(places.length).map(({ location }) => location.code), [place.code, place.code]);
    assert.equal(events.at(-2).available - events.at(-1).available, 1);
  });
}
