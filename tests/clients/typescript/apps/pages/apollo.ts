/** A page with Apollo Client. */

import {
  AttemptUpdatedDocument,
  CourseCatalogueDocument,
  FlagQuestionDocument,
  StartAttemptDocument,
  ViewerPageDocument,
} from "../../generated/courses.ts";
import { apollo, codesOf } from "../apollo.ts";
import type { Connect } from "./story.ts";

export const connect: Connect = (server, signedOut) => {
  const client = apollo(server, signedOut);
  return {
    codesOf,
    async viewerName() {
      const { data } = await client.query({ query: ViewerPageDocument });
      return data?.viewer?.user.displayName;
    },
    async twoPages(first) {
      const list = client.watchQuery({ query: CourseCatalogueDocument, variables: { first } });
      const { data } = await client.query({ query: CourseCatalogueDocument, variables: { first } });
      await list.fetchMore({ variables: { after: data!.courses.pageInfo.endCursor } });
      const both = client.readQuery({ query: CourseCatalogueDocument, variables: { first } });
      return both!.courses.edges.map(({ node }) => node.title);
    },
    async start(assessmentId) {
      const { data } = await client.mutate({ mutation: StartAttemptDocument, variables: { assessmentId } });
      const { attempt, userErrors } = data!.startAttempt;
      if (!attempt) throw new Error(userErrors[0]!.message); // for the person, as it is
      return { id: attempt.id, question: attempt.questions[0]!.question };
    },
    async flag(attemptId, questionId, isFlagged) {
      await client.mutate({ mutation: FlagQuestionDocument, variables: { attemptId, questionId, isFlagged } });
    },
    watch(attemptId, show) {
      const events = client.subscribe({ query: AttemptUpdatedDocument, variables: { attemptId } });
      const subscription = events.subscribe(({ data }) => data && show(data.attemptUpdated.state));
      return () => subscription.unsubscribe();
    },
  };
};
