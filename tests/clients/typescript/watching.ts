/** Watching an attempt: what happens to it in another tab, by the timer or by the person who grades it. */

import { print } from "graphql";
import { createClient } from "graphql-ws";

import type { Api } from "./ask.ts";
import { AttemptUpdatedDocument, type AttemptUpdatedSubscription } from "./generated/courses.ts";

/** How the server closes a connection whose session or token is no longer good. */
const FORBIDDEN = 4403;

/** Calls `show` after each change, and `done` when there will be none any more. Returns how to stop. */
export function watchAttempt(
  { url, token }: Api,
  attemptId: string,
  show: (attempt: AttemptUpdatedSubscription["attemptUpdated"]) => void,
  done: (reason?: unknown) => void,
): () => void {
  const client = createClient({
    url: url.replace(/^http/, "ws"),
    connectionParams: token ? { Authorization: `Bearer ${token}` } : {},
    retryAttempts: Infinity,
    shouldRetry: (event) => (event as CloseEvent).code !== FORBIDDEN,
  });
  return client.subscribe<AttemptUpdatedSubscription>(
    { query: print(AttemptUpdatedDocument), variables: { attemptId } },
    { next: ({ data }) => data && show(data.attemptUpdated), error: done, complete: () => done() },
  );
}
