/** urql: `urql({ url: "/graphql/" }, signedOut)`. The packages of React, Vue and Svelte take the same client. */

import { Client, fetchExchange, mapExchange, subscriptionExchange } from "@urql/core";
import type { CombinedError } from "@urql/core";
import { cacheExchange } from "@urql/exchange-graphcache";
import { relayPagination } from "@urql/exchange-graphcache/extras";

import { credentialsOf, headersOf, liveUpdates, patientFetch, type Server } from "./server.ts";
import { CONNECTIONS, EMBEDDED } from "./shape.ts";

const embedded = Object.fromEntries(EMBEDDED.map((type) => [type, () => null]));

/** The pages of each connection are one list. */
const connections = Object.fromEntries(
  Object.entries(CONNECTIONS).map(([type, fields]) => [
    type,
    Object.fromEntries(fields.map((field) => [field, relayPagination()])),
  ]),
);

export function cache() {
  return cacheExchange({
    globalIDs: true, // an id is unique across types
    keys: { ...embedded, Viewer: () => "viewer" }, // there is one viewer
    resolvers: connections,
  });
}

/** Make it anew when somebody signs in or out: what the cache holds is one person's. */
export function urql(server: Server, signedOut: () => void): Client {
  const live = liveUpdates(server);
  return new Client({
    url: server.url,
    fetch: patientFetch,
    fetchOptions: { headers: headersOf(server), credentials: credentialsOf(server) },
    preferGetMethod: false,
    exchanges: [
      mapExchange({
        onError(error) {
          if (codesOf(error).includes("UNAUTHENTICATED")) signedOut();
        },
      }),
      cache(),
      fetchExchange,
      subscriptionExchange({
        forwardSubscription: ({ query, variables }) => ({
          subscribe: (sink) => ({ unsubscribe: live.subscribe({ query: query!, variables }, sink) }),
        }),
      }),
    ],
  });
}

/** The codes of a failed request, from `result.error`. */
export function codesOf(error: CombinedError | undefined): unknown[] {
  return error?.graphQLErrors.map(({ extensions }) => extensions["code"]) ?? [];
}
