/** A page with urql. */

import type { CombinedError } from "@urql/core";

import {
  AttemptUpdatedDocument,
  CourseCatalogueDocument,
  FlagQuestionDocument,
  StartAttemptDocument,
  ViewerPageDocument,
} from "../../generated/courses.ts";
import { codesOf, urql } from "../urql.ts";
import type { Connect } from "./story.ts";

export const connect: Connect = (server, signedOut) => {
  const client = urql(server, signedOut);
  return {
    codesOf: (error) => codesOf(error as CombinedError),
    async viewerName() {
      const { data, error } = await client.query(ViewerPageDocument, {});
      if (error) throw error;
      return data?.viewer?.user.displayName;
    },
    async twoPages(first) {
      const { data, error } = await client.query(CourseCatalogueDocument, { first });
      if (error) throw error;
      const after = data!.courses.pageInfo.endCursor;
      const both = await client.query(CourseCatalogueDocument, { first, after });
      return both.data!.courses.edges.map(({ node }) => node.title);
    },
    async start(assessmentId) {
      const { data, error } = await client.mutation(StartAttemptDocument, { assessmentId });
      if (error) throw error;
      const { attempt, userErrors } = data!.startAttempt;
      if (!attempt) throw new Error(userErrors[0]!.message); // for the person, as it is
      return { id: attempt.id, question: attempt.questions[0]!.question };
    },
    async flag(attemptId, questionId, isFlagged) {
      await client.mutation(FlagQuestionDocument, { attemptId, questionId, isFlagged });
    },
    watch(attemptId, show) {
      const events = client.subscription(AttemptUpdatedDocument, { attemptId });
      return events.subscribe(({ data }) => data && show(data.attemptUpdated.state)).unsubscribe;
    },
  };
};
