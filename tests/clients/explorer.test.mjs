// The page at `/`, in a document that is no browser's: its own explorer, and what it gives to GraphiQL, which needs a network.
import assert from 'node:assert/strict';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { Window } from 'happy-dom';
import { WebSocket } from 'ws';

const address = `http://${process.env.ADDRESS}`;
const PATIENCE_MS = 20_000;

async function until(isSo, page) {
  const deadline = Date.now() + PATIENCE_MS;
  while (!isSo()) {
    if (Date.now() > deadline) throw new Error(`nothing happened; the page says: ${page.document.body.textContent}`);
    await pause(10);
  }
}

// In how many locations an article is kept: that many events tell of what is.
async function placesOf(sku) {
  const query = '{ stockLevels(skus: ["' + sku + '"], first: 100) { nodes { version } } }';
  const answer = await fetch(`${address}/graphql`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', Authorization: 'Bearer hk_demo_staff' },
    body: JSON.stringify({ query }),
  });
  return (await answer.json()).data.stockLevels.nodes.length;
}

// The page as it stands when it was loaded, and a hand on it. isOnline: GraphiQL can be loaded; page.given is what it is given.
async function visit(t, { isOnline = false, kept = {} } = {}) {
  const html = await (await fetch(`${address}/`)).text();
  const window = new Window({ url: `${address}/` });
  t.after(() => window.happyDOM.close());
  const { document } = window;
  const [, script] = html.match(/<script>\n([\s\S]*?)<\/script>/);
  document.body.innerHTML = html.match(/<body>([\s\S]*)<\/body>/)[1].replace(/<script>[\s\S]*?<\/script>/, '');
  Object.entries(kept).forEach(([name, value]) => window.localStorage.setItem(name, value));
  document.head.append = (one) => (isOnline ? one.onload?.() : one.onerror?.());
  const page = { document };
  const around = {
    document,
    location: new URL(address),
    localStorage: window.localStorage,
    fetch: (path, options) => fetch(address + path, options),
    WebSocket,
    React: { createElement: (_, given) => given },
    ReactDOM: { createRoot: () => ({ render: (given) => { page.given = given; } }) },
    GraphiQL: null,
  };
  new Function(...Object.keys(around), script)(...Object.values(around));
  Object.assign(page, {
    press: (words) => [...document.querySelectorAll('button')].find((one) => one.textContent === words).click(),
    says: (id) => document.getElementById(id).textContent,
    write: (id, text) => {
      const field = document.getElementById(id);
      field.value = text;
      field.dispatchEvent(new window.Event('input', { bubbles: true }));
    },
  });
  page.answer = async () => {
    page.press('Run');
    await until(() => / ms$/.test(page.says('status')), page);
    return JSON.parse(page.says('result'));
  };
  return page;
}

test('each example is answered as it stands, the staff’s with its key', async (t) => {
  const page = await visit(t);
  for (const [title, field] of [
    ['Products', 'products'],
    ['Fill a cart', 'cartCreate'],
    ['Pickup points', 'pickupOptions'],
    ['Work of a store', 'workInstructions'],
  ]) {
    page.press(title);
    const { data, errors } = await page.answer();
    assert.equal(errors, undefined);
    assert.deepEqual(Object.keys(data), [field]);
  }
});

test('what is wrong is told', async (t) => {
  const page = await visit(t);
  page.write('query', '{ nothing }');
  assert.equal((await page.answer()).errors.length, 1);
  assert.match(page.says('status'), /^1 error, /);
  page.write('variables', '{"a": }');
  page.press('Run');
  assert.match(page.says('result'), /^Error: The variables are no JSON: /);
});

test('a subscription tells its events, the newest first, until it is stopped', async (t) => {
  const page = await visit(t);
  page.press('Watch stock');
  page.press('Run');
  const all = `${await placesOf('BA0196-GN')} events, the newest first`;
  await until(() => page.says('status') === all, page);
  const [line] = page.says('result').split('\n');
  assert.equal(JSON.parse(line.slice(line.indexOf('{'))).stockChanged.variant.sku, 'BA0196-GN');
  // Run again, it begins anew, and the end of the first one is not its own.
  page.press('Run');
  assert.notEqual(page.says('status'), all);
  await until(() => page.says('status') === all, page);
  assert.equal(page.document.getElementById('stop').hidden, false);
  page.press('Stop');
  assert.equal(page.document.getElementById('stop').hidden, true);
});

test('the schema can be searched and walked through', async (t) => {
  const page = await visit(t);
  page.press('Schema');
  await until(() => page.says('schema').startsWith('Queries ('), page);
  page.write('seek', 'pickupOptions');
  assert.match(page.says('schema'), /^Queries \(1\)pickupOptions\(/);
  page.press('[PickupOption!]!');
  assert.match(page.says('schema'), /^← allPickupOption/);
  page.press('← all');
  assert.match(page.says('schema'), /^Queries \(\d\d/);
  page.write('seek', 'nothing is called so');
  assert.equal(page.says('schema'), 'Nothing has such a name.');
});

test('GraphiQL is given each example whole, and its first one with the variables that it would leave out', async (t) => {
  const page = await visit(t, { isOnline: true });
  await until(() => page.given, page);
  const { defaultTabs, variables } = page.given;
  assert.equal(defaultTabs.length, 5);
  assert.equal(variables, defaultTabs[0].variables);
  assert.equal(JSON.parse(variables).words, '藍染');
  assert.match(JSON.parse(defaultTabs.at(-1).headers).Authorization, /^Bearer hk_demo_/);
  assert.equal(page.document.getElementById('own').style.display, 'none');

  const again = await visit(t, { isOnline: true, kept: { 'graphiql:tabState': '{}' } });
  await until(() => again.given, again);
  assert.equal('variables' in again.given, false);
});
