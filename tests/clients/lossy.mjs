// Every request reaches the server, but the first answer to it does not come back; every other time a proxy says so.
const send = globalThis.fetch;
const met = new Set();

globalThis.fetch = async (address, options) => {
  const answer = await send(address, options);
  if (met.has(options.body)) return answer;
  met.add(options.body);
  if (met.size % 2) throw new TypeError('fetch failed');
  return new Response('Bad gateway', { status: 502 });
};
