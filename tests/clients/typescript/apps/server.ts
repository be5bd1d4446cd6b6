/** What every client needs: where the server is, who asks, when to ask again, and the connection for live updates. */

import { createClient as createSseClient } from "graphql-sse";
import { createClient as createWebSocketClient, type Client } from "graphql-ws";

export interface Server {
  /** `/graphql/` in a page, the whole address elsewhere. */
  url: string;
  /** Left out in a page, which sends its session cookie. */
  token?: string | undefined;
  /** How live updates arrive: as server-sent events where WebSocket is blocked. */
  live?: "WebSocket" | "SSE";
}

const LONGEST_WAIT_SECONDS = 10;
const TRIES = 3;
const FORBIDDEN = 4403;

/** The preflight header that a session needs, or the token. */
export function headersOf({ token }: Server): Record<string, string> {
  return token ? { Authorization: `Bearer ${token}` } : { "GraphQL-Preflight": "1" };
}

/** A session goes to its own server only, and a token goes alone. */
export function credentialsOf({ token }: Server): RequestCredentials {
  return token ? "omit" : "same-origin";
}

/** `fetch`, which asks again where nothing was executed and the server says how soon. */
export async function patientFetch(input: RequestInfo | URL, init?: RequestInit): Promise<Response> {
  for (let tried = 1; ; tried++) {
    const response = await fetch(input, init);
    const seconds = Number(response.headers.get("Retry-After") ?? Infinity);
    if (tried === TRIES || seconds > LONGEST_WAIT_SECONDS || !(await wasNotExecuted(response))) return response;
    await new Promise((resolve) => setTimeout(resolve, seconds * 1000));
  }
}

/** Other codes with `Retry-After` are for the page: part of a mutation may have been carried out. */
async function wasNotExecuted(response: Response): Promise<boolean> {
  if (response.status !== 429 && response.status !== 503) return false;
  const { errors } = await response.clone().json();
  return ["RATE_LIMITED", "OVERLOADED"].includes(errors[0].extensions.code);
}

/** Subscribes over one WebSocket, or with one request for each subscription. Both connect again by themselves. */
export function liveUpdates(server: Server): Pick<Client, "subscribe"> {
  if (server.live === "SSE") {
    return createSseClient({
      url: server.url,
      headers: headersOf(server),
      credentials: credentialsOf(server),
      fetchFn: fetchEvents,
      retryAttempts: Infinity,
    });
  }
  return createWebSocketClient({
    url: new URL(server.url, globalThis.location?.href).href.replace(/^http/, "ws"),
    connectionParams: server.token ? { Authorization: `Bearer ${server.token}` } : {},
    retryAttempts: Infinity,
    shouldRetry: (event) => (event as CloseEvent).code !== FORBIDDEN, // the session or the token has ended
  });
}

/** graphql-sse asks again whatever the answer was, so a refusal that would not change becomes an event. */
async function fetchEvents(input: string, init: RequestInit): Promise<Response> {
  const response = await fetch(input, init);
  if (response.ok || response.status === 429 || response.status >= 500) return response;
  const events = `event: next\ndata: ${await response.text()}\n\nevent: complete\ndata:\n\n`;
  return new Response(events, { headers: { "Content-Type": "text/event-stream" } });
}
