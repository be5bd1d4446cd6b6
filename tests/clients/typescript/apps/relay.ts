/** Relay: `relay({ url: "/graphql/" }, signedOut)`, for `<RelayEnvironmentProvider environment={...}>`. */

import {
  Environment,
  Network,
  Observable,
  RecordSource,
  Store,
  type FetchFunction,
  type SubscribeFunction,
} from "relay-runtime";

import { RequestError } from "../ask.ts";
import { credentialsOf, headersOf, liveUpdates, patientFetch, type Server } from "./server.ts";

/** Make it anew when somebody signs in or out: what the store holds is one person's. */
export function relay(server: Server, signedOut: () => void): Environment {
  const live = liveUpdates(server);

  const ask: FetchFunction = async ({ name, text }, variables) => {
    const response = await patientFetch(server.url, {
      method: "POST",
      credentials: credentialsOf(server),
      headers: {
        Accept: "application/graphql-response+json",
        "Content-Type": "application/json",
        ...headersOf(server),
      },
      body: JSON.stringify({ operationName: name, query: text, variables }),
    });
    const answer = await response.json();
    if (answer.data) return answer; // where a part failed, its field is null: see @catch and @throwOnFieldError
    const { message, extensions } = answer.errors[0];
    if (extensions.code === "UNAUTHENTICATED") signedOut();
    const seconds = response.headers.get("Retry-After");
    throw new RequestError(extensions.code, message, seconds === null ? null : Number(seconds));
  };

  const watch: SubscribeFunction = ({ name, text }, variables) =>
    Observable.create((sink) =>
      live.subscribe({ operationName: name, query: text!, variables }, sink as never),
    );

  return new Environment({ network: Network.create(ask, watch), store: new Store(new RecordSource()) });
}
