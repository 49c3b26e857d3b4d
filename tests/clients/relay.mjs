// Stands for a bundler and a browser: `node --import relay.mjs main.jsx BUTTON…` shows the page, presses the buttons with
// these ids, one after another, and prints the page's lines at first and after each.
import { Window } from 'happy-dom';
import { register } from 'node:module';
import { setTimeout as pause } from 'node:timers/promises';

const PATIENCE_MS = 20_000;

register('./relay_hooks.mjs', import.meta.url);
const window = new Window({ url: 'http://shop.example/' });
Object.assign(globalThis, { window, document: window.document, HTMLIFrameElement: window.HTMLIFrameElement });
globalThis.navigator ??= window.navigator;
document.body.innerHTML = '<div id="root"></div>';

function lines() {
  return [...document.querySelectorAll('p, li')].map((element) => element.textContent.trim()).join('\n');
}

async function changed(before) {
  const deadline = Date.now() + PATIENCE_MS;
  while (lines() === before || document.body.textContent.includes('Loading')) {
    if (Date.now() > deadline) throw new Error(`nothing happened; the page says: ${document.body.textContent}`);
    await pause(10);
  }
  return lines();
}

setImmediate(async () => {
  let shown = await changed('');
  console.log(shown);
  for (const id of process.argv.slice(2)) {
    document.getElementById(id).click();
    shown = await changed(shown);
    console.log(shown);
  }
  process.exit(0);
});
