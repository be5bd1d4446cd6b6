/** A page with Relay. With React the same documents go into `useLazyLoadQuery` and `usePaginationFragment`. */

import {
  commitMutation,
  createOperationDescriptor,
  fetchQuery,
  getRequest,
  graphql,
  requestSubscription,
  type GraphQLTaggedNode,
  type MutationParameters,
} from "relay-runtime";

import { RequestError } from "../../ask.ts";
import type { relayCatalogueQuery } from "./__generated__/relayCatalogueQuery.graphql.ts";
import type { relayEventsSubscription } from "./__generated__/relayEventsSubscription.graphql.ts";
import type { relayFlagMutation } from "./__generated__/relayFlagMutation.graphql.ts";
import type { relayStartMutation } from "./__generated__/relayStartMutation.graphql.ts";
import type { relayViewerQuery } from "./__generated__/relayViewerQuery.graphql.ts";
import { relay } from "../relay.ts";
import type { Connect } from "./story.ts";

const catalogue = graphql`
  query relayCatalogueQuery($first: Int!, $after: String) {
    courses(first: $first, after: $after) @connection(key: "relay_courses") {
      edges {
        node {
          id
          title
        }
      }
    }
  }
`;

const viewer = graphql`
  query relayViewerQuery {
    viewer {
      user {
        displayName
      }
    }
  }
`;

const start = graphql`
  mutation relayStartMutation($assessmentId: ID!) {
    startAttempt(input: { assessmentId: $assessmentId }) {
      attempt {
        id
        questions {
          question
        }
      }
      userErrors {
        message
      }
    }
  }
`;

const flagQuestion = graphql`
  mutation relayFlagMutation($attemptId: ID!, $questionId: ID!, $isFlagged: Boolean!) {
    flagQuestion(input: { attemptId: $attemptId, questionId: $questionId, isFlagged: $isFlagged }) {
      attempt {
        id
        revision
      }
    }
  }
`;

const attemptEvents = graphql`
  subscription relayEventsSubscription($attemptId: ID!) {
    attemptUpdated(attemptId: $attemptId) {
      id
      state
      revision
    }
  }
`;

export const connect: Connect = (server, signedOut) => {
  const environment = relay(server, signedOut);

  function mutate<Mutation extends MutationParameters>(
    mutation: GraphQLTaggedNode,
    variables: Mutation["variables"],
  ): Promise<Mutation["response"]> {
    return new Promise((onCompleted, onError) =>
      commitMutation<Mutation>(environment, { mutation, variables, onCompleted, onError }),
    );
  }

  return {
    codesOf: (error) => (error instanceof RequestError ? [error.code] : []),
    async viewerName() {
      const data = await fetchQuery<relayViewerQuery>(environment, viewer, {}).toPromise();
      return data?.viewer?.user.displayName;
    },
    async twoPages(first) {
      const read = (after: string | null) =>
        fetchQuery<relayCatalogueQuery>(environment, catalogue, { first, after }).toPromise();
      const list = createOperationDescriptor(getRequest(catalogue), { first });
      const loaded = () => environment.lookup(list.fragment).data as any;
      await read(null);
      environment.retain(list);
      await read(loaded().courses.pageInfo.endCursor);
      return loaded().courses.edges.map((edge: any) => edge.node.title);
    },
    async start(assessmentId) {
      const { startAttempt } = await mutate<relayStartMutation>(start, { assessmentId });
      const { attempt, userErrors } = startAttempt;
      if (!attempt) throw new Error(userErrors[0]!.message); // for the person, as it is
      return { id: attempt.id, question: attempt.questions[0]!.question };
    },
    async flag(attemptId, questionId, isFlagged) {
      await mutate<relayFlagMutation>(flagQuestion, { attemptId, questionId, isFlagged });
    },
    watch(attemptId, show) {
      const events = requestSubscription<relayEventsSubscription>(environment, {
        subscription: attemptEvents,
        variables: { attemptId },
        onNext: (data) => data && show(data.attemptUpdated.state),
      });
      return () => events.dispose();
    },
  };
};
