// docs/partners.md from top to bottom with graphql-request and graphql-ws, by a developer who has an address and keys.
import assert from 'node:assert/strict';
import { readFileSync } from 'node:fs';
import { test } from 'node:test';
import { setTimeout as pause } from 'node:timers/promises';
import { GraphQLClient } from 'graphql-request';
import { createClient } from 'graphql-ws';
import { WebSocket } from 'ws';
import { http, ws } from './shop.mjs';

const PAGE = readFileSync(new URL('../../docs/partners.md', import.meta.url), 'utf8');
const BLOCK = /(?:^<!-- (.*?) -->\n)?^```(graphql|json|json answer)\n(.*?)^```$/gms;
const PATIENCE_MS = 30_000;
const saved = {};

// The documents with what stands behind each: its variables and its answer. `said`: the comment before it.
function documents() {
  const found = [];
  for (const [, comment, language, text] of PAGE.matchAll(BLOCK)) {
    if (language === 'graphql') {
      const said = Object.fromEntries((comment ?? '').split(';').map((part) => part.split(/:(.*)/s).map((one) => one?.trim())));
      found.push({ said, text, variables: '{}' });
    } else {
      found.at(-1)[language === 'json' ? 'variables' : 'answer'] = text;
    }
  }
  return found;
}

const filled = (text, unknown) => text.replace(/<([a-z][A-Za-z0-9]*)>/g, (_, name) => {
  assert.ok(name in saved || unknown, `nothing before it says what <${name}> is`);
  return saved[name] ?? unknown;
});
const keyOf = (who) => who && { Authorization: `Bearer hk_demo_${who}` };

// The value at a path such as `pickups.nodes[number=PU-1].id`.
function pick(data, path) {
  let value = data;
  for (const [, field, wanted, name] of path.matchAll(/\[([^=\]]+)=([^\]]*)\]|([^.[\]]+)/g)) {
    value = field ? value?.find((one) => String(pick(one, field)) === wanted) : value?.[name];
  }
  return value;
}

// Whether an answer has all that the page shows of it; `…` stands for anything, and at a list's end for more.
function isAsWritten(written, given) {
  if (written === '…') return true;
  if (Array.isArray(written)) {
    const isOpen = written.at(-1) === '…';
    const shown = isOpen ? written.slice(0, -1) : written;
    return (isOpen ? given?.length >= shown.length : given?.length === shown.length)
      && shown.every((one, at) => isAsWritten(one, given[at]));
  }
  if (written && typeof written === 'object') {
    return Object.entries(written).every(([name, value]) => given && name in given && isAsWritten(value, given[name]));
  }
  return written === given;
}

function codes(result) {
  const payloads = Object.values(result.data ?? {}).filter((one) => one && typeof one === 'object');
  const refusals = payloads.flatMap(({ userErrors = [] }) => userErrors);
  return [...(result.errors ?? []).map((error) => error.extensions.code), ...refusals.map((error) => error.code)];
}

const withoutReplayed = (data) => JSON.stringify(data, (name, value) => (name === 'replayed' ? undefined : value));

async function ask({ said, text, variables, answer }) {
  const client = new GraphQLClient(http, { headers: keyOf(said.as) ?? {}, errorPolicy: 'all' });
  const { data, errors } = await client.rawRequest(filled(text), JSON.parse(filled(variables)));
  assert.deepEqual(codes({ data, errors }), said.errors?.split(' ') ?? [], JSON.stringify({ data, errors }));
  const wanted = (said.save?.split(',') ?? []).map((one) => one.trim().split(/=(.*)/s));
  const found = wanted.map(([name, path]) => [name, pick(data, filled(path))]);
  const isThere = found.every(([, value]) => value !== undefined && value !== null);
  const isRight = !answer || isAsWritten(JSON.parse(filled(answer, '…')), data);
  return { data, found, isTrue: isThere && isRight };
}

// A worker may need a moment until a query sees what the page promises; what a command answers is true at once.
async function follow(document) {
  const isQuery = !document.text.trimStart().startsWith('mutation');
  for (const end = Date.now() + PATIENCE_MS; ; await pause(50)) {
    const answered = await ask(document);
    if (answered.isTrue) {
      Object.assign(saved, Object.fromEntries(answered.found));
      return answered.data;
    }
    assert.ok(isQuery && Date.now() < end, `${document.text}\nanswers ${JSON.stringify(answered.data)}`);
  }
}

function listen({ said, text, variables }) {
  const connectionParams = keyOf(said.as);
  const client = createClient({ url: ws, webSocketImpl: WebSocket, connectionParams });
  return { client, events: client.iterate({ query: filled(text), variables: JSON.parse(filled(variables)) }) };
}

test('the page can be followed', async (t) => {
  const open = [];
  let commands = 0;
  for (const document of documents()) {
    if (document.text.trimStart().startsWith('subscription')) {
      open.push(listen(document));
      t.after(() => open.forEach(({ client }) => client.dispose()));
      continue;
    }
    const answers = [];
    for (let times = Number(document.said.times ?? 1); times; times -= 1) answers.push(await follow(document));
    assert.equal(new Set(answers.map(withoutReplayed)).size, 1);
    commands += 1;
  }
  for (const { events } of open) {
    const { value } = await events.next();
    assert.equal(value.errors, undefined);
    assert.ok(value.data.partnerJobs.pickup.id);
  }
  assert.equal(open.length, 1);
  assert.ok(commands >= 20, `${commands}`);
});
