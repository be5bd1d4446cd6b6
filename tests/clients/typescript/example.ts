/** Lists the courses that a learner takes: `ask` is all that a typed client needs. */

import type { TypedDocumentNode } from "@graphql-typed-document-node/core";
import { print } from "graphql";

import { ViewerPageDocument } from "./generated/courses.js";

interface Answer<Data> {
  data?: Data;
  errors?: { message: string; extensions: { code: string } }[];
}

/** Answers with the data of an operation. Throws with its code when the request as a whole was refused. */
export async function ask<Data, Variables>(
  url: string,
  token: string,
  document: TypedDocumentNode<Data, Variables>,
  variables: Variables,
): Promise<Data> {
  const response = await fetch(url, {
    method: "POST",
    headers: {
      Accept: "application/graphql-response+json, application/json",
      Authorization: `Bearer ${token}`,
      "Content-Type": "application/json",
    },
    body: JSON.stringify({ query: print(document), variables }),
  });
  const answer = (await response.json()) as Answer<Data>;
  if (!answer.data) {
    const reason = answer.errors?.[0];
    throw new Error(`${reason?.extensions.code}: ${reason?.message}`);
  }
  return answer.data;
}

export async function titlesOfMyCourses(url: string, token: string): Promise<string[]> {
  const { viewer } = await ask(url, token, ViewerPageDocument, { first: 10 });
  return viewer?.enrollments.edges.map(({ node }) => node.course.title) ?? [];
}
