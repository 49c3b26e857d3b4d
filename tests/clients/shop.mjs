// The demo shop as these tests use it: its addresses, a subscription, and somebody who moves stock.
import { randomUUID } from 'node:crypto';

export const http = `http://${process.env.ADDRESS}/graphql`;
export const ws = `ws://${process.env.ADDRESS}/graphql`;
export const staff = { Authorization: 'Bearer hk_demo_staff' };

export const WATCH = `subscription Watch($skus: [String!]!) {
  stockChanged(skus: $skus) { available version location { id code } variant { sku } }
}`;

export async function ask(query, variables, headers = {}) {
  const response = await fetch(http, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', ...headers },
    body: JSON.stringify({ query, variables }),
  });
  const { data, errors } = await response.json();
  if (errors) throw new Error(JSON.stringify(errors));
  return data;
}

// One unit more or less. Returns how many are on the shelf then.
export async function adjust(sku, locationId, delta) {
  const input = { sku, locationId, delta, reason: 'COUNT', idempotencyKey: randomUUID() };
  const { stockAdjust } = await ask(
    `mutation ($input: StockAdjustInput!) {
      stockAdjust(input: $input) { stockLevel { onHand } userErrors { code message } }
    }`,
    { input },
    staff,
  );
  if (stockAdjust.userErrors.length) throw new Error(JSON.stringify(stockAdjust.userErrors));
  return stockAdjust.stockLevel.onHand;
}

// The next value of a stream of results. Fails at its end and for errors.
export async function next(stream) {
  const { value, done } = await stream.next();
  if (done) throw new Error('The stream has ended.');
  if (value.errors) throw new Error(JSON.stringify(value.errors));
  return value.data;
}
