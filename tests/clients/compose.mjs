// Composes each list of subgraphs from stdin with both composers: [{ apollo, guild }, …] with errors, hints, supergraph.
import { readFileSync } from 'node:fs';
import { composeServices as composeByApollo } from '@apollo/composition';
import { composeServices as composeByGuild } from '@theguild/federation-composition';
import { parse } from 'graphql';

const answer = ({ errors, hints, supergraphSdl }) => ({
  errors: (errors ?? []).map((error) => error.message),
  hints: (hints ?? []).map((hint) => hint.message),
  supergraph: supergraphSdl ?? '',
});

const answers = JSON.parse(readFileSync(0, 'utf8')).map((subgraphs) => {
  const services = Object.entries(subgraphs).map(([name, sdl]) => ({
    name,
    url: `http://${name}.example/graphql`,
    typeDefs: parse(sdl),
  }));
  return { apollo: answer(composeByApollo(services)), guild: answer(composeByGuild(services)) };
});
console.log(JSON.stringify(answers));
