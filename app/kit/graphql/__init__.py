"""The GraphQL ground of every slice: context, refusals as data, payloads, nodes, connections."""
