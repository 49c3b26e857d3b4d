// The audit suite of GraphQL over HTTP: each of its rules as [id, name, status, reason].
import { auditServer } from 'graphql-http';

const results = await auditServer({ url: process.argv[2] });
console.log(JSON.stringify(results.map((one) => [one.id, one.name, one.status, one.reason ?? ''])));
