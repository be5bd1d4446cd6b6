/** Asking the API: for pages of a browser, which have a session, and for programs, which have a token. */

import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import { print } from "graphql";

export interface Api {
  url: string;
  /** Left out in a browser, which sends its session cookie. */
  token?: string | undefined;
}

/** The request failed, as a whole or in part. `code` is one of docs/errors.md. */
export class RequestError extends Error {
  code: string;
  /** How many seconds to wait before the same may be asked again; null where that would not help. */
  retryAfter: number | null;

  constructor(code: string, message: string, retryAfter: number | null) {
    super(`${code}: ${message}`);
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

interface Answer<Data> {
  data?: Data;
  errors?: [{ message: string; extensions: { code: string } }];
}

export async function ask<Data, Variables>(
  api: Api,
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
): Promise<Data> {
  const response = await fetch(api.url, {
    method: "POST",
    credentials: "same-origin",
    headers: {
      Accept: "application/graphql-response+json",
      "Content-Type": "application/json",
      "GraphQL-Preflight": "1",
      ...(api.token ? { Authorization: `Bearer ${api.token}` } : {}),
    },
    body: JSON.stringify({ query: print(document), variables }),
  });
  const { data, errors } = (await response.json()) as Answer<Data>;
  if (data && !errors) return data;
  const { message, extensions } = errors![0];
  const seconds = response.headers.get("Retry-After");
  throw new RequestError(extensions.code, message, seconds === null ? null : Number(seconds));
}
