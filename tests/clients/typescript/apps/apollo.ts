/** Apollo Client 4: `apollo({ url: "/graphql/" }, signedOut)`. */

import { ApolloClient, ApolloLink, CombinedGraphQLErrors, HttpLink, InMemoryCache } from "@apollo/client";
import { ErrorLink } from "@apollo/client/link/error";
import { GraphQLWsLink } from "@apollo/client/link/subscriptions";
import { relayStylePagination } from "@apollo/client/utilities";
import { OperationTypeNode } from "graphql";
import type { Client } from "graphql-ws";

import { credentialsOf, headersOf, liveUpdates, patientFetch, type Server } from "./server.ts";
import { CONNECTIONS } from "./shape.ts";

const PAGING = ["first", "after", "last", "before"];

/** The pages of a connection are one list, and every argument but those of paging tells one list from another. */
const pages = relayStylePagination((given) =>
  Object.keys(given ?? {}).filter((argument) => !PAGING.includes(argument)).sort(),
);

function connectionsOf(type: keyof typeof CONNECTIONS) {
  return Object.fromEntries(CONNECTIONS[type].map((field) => [field, pages]));
}

export function cache(): InMemoryCache {
  return new InMemoryCache({
    typePolicies: {
      Query: { fields: connectionsOf("Query") },
      Course: { fields: connectionsOf("Course") },
      Lesson: { fields: connectionsOf("Lesson") },
      Viewer: { keyFields: [], fields: connectionsOf("Viewer") }, // there is one
      AssessmentAttempt: { fields: { questions: { merge: (_, incoming) => incoming } } },
    },
  });
}

/** Make it anew when somebody signs in or out: what the cache holds is one person's. */
export function apollo(server: Server, signedOut: () => void): ApolloClient {
  const http = new HttpLink({
    uri: server.url,
    headers: headersOf(server),
    credentials: credentialsOf(server),
    fetch: patientFetch,
  });
  const live = new GraphQLWsLink(liveUpdates(server) as Client);
  const errors = new ErrorLink(({ error }) => {
    if (CombinedGraphQLErrors.is(error) && codesOf(error).includes("UNAUTHENTICATED")) signedOut();
  });
  const byType = ApolloLink.split(
    ({ operationType }) => operationType === OperationTypeNode.SUBSCRIPTION,
    live,
    http,
  );
  return new ApolloClient({ link: ApolloLink.from([errors, byType]), cache: cache() });
}

/** The codes of a failed request, for what is caught around `client.query` and `client.mutate`. */
export function codesOf(error: unknown): unknown[] {
  return CombinedGraphQLErrors.is(error) ? error.errors.map(({ extensions }) => extensions?.["code"]) : [];
}
