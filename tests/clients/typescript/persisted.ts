/**
 * Apollo Client with its own link for persisted queries, against COURSES_URL; prints what it sent and what came back.
 */

import { createHash } from "node:crypto";

import { ApolloClient, HttpLink, InMemoryCache } from "@apollo/client";
import { PersistedQueryLink } from "@apollo/client/link/persisted-queries";

import { CourseCatalogueDocument } from "./generated/courses.ts";

const sha256 = (text: string) => createHash("sha256").update(text).digest("hex");

const noted: typeof fetch = async (address, options) => {
  const text = options?.method === "GET" ? String(address) : String(options?.body);
  const response = await fetch(address, options);
  const kept = response.headers.get("cache-control");
  console.log(options?.method, text.includes("query CourseCatalogue") ? "text" : "hash", response.status, kept);
  return response;
};

/** Each time as a page that was loaded anew. */
for (let time = 0; time < 2; time++) {
  const http = new HttpLink({ uri: process.env["COURSES_URL"]!, fetch: noted });
  const link = new PersistedQueryLink({ sha256, useGETForHashedQueries: true }).concat(http);
  const client = new ApolloClient({ link, cache: new InMemoryCache() });
  const { data } = await client.query({ query: CourseCatalogueDocument, variables: { first: 1 } });
  console.log(data!.courses.edges.length, "course");
}
