/** What every client does in our checks: one learner's visit, in a browser and through the development server. */

import { signIn } from "../account.ts";
import { ask } from "../../ask.ts";
import { CoursePageDocument, EnrollDocument } from "../../generated/courses.ts";
import { liveUpdates, type Server } from "../server.ts";

const URL = "/graphql/";
const ASK_AGAIN_MS = 200;

export interface Page {
  viewerName(): Promise<string | undefined>;
  /** The titles that the cache has after a page of `first` courses and the page behind it. */
  twoPages(first: number): Promise<string[]>;
  start(assessmentId: string): Promise<{ id: string; question: string }>;
  flag(attemptId: string, questionId: string, isFlagged: boolean): Promise<void>;
  watch(attemptId: string, show: (state: string) => void): () => void;
  codesOf(error: unknown): unknown[];
}

export type Connect = (server: Server, signedOut: () => void) => Page;

export async function visit(connect: Connect, token: string, print: (line: string) => void): Promise<void> {
  const nobodyLeft = () => print("signed out");
  const { status } = await signIn("learner", "learner-demo");
  print(`sign-in ${status}`);

  const page = connect({ url: URL }, nobodyLeft);
  print(`session of ${await page.viewerName()}`);
  for (const title of await page.twoPages(2)) print(`course ${title}`);
  await page.twoPages(1000).catch((error) => print(`refused ${page.codesOf(error)}`));

  const { course } = await ask({ url: URL }, CoursePageDocument, { slug: "coffee-from-seed-to-cup" });
  await ask({ url: URL }, EnrollDocument, { input: { courseId: course!.id } });
  const assessment = course!.lessons.find((lesson) => lesson.assessment)!.assessment!;
  const attempt = await page.start(assessment.id);
  print(`WebSocket ${await firstEvent(page, page, attempt)}`);
  print(`SSE ${await firstEvent(page, connect({ url: URL, live: "SSE" }, nobodyLeft), attempt)}`);

  print(`token of ${await connect({ url: URL, token }, nobodyLeft).viewerName()}`);
  const stranger = connect({ url: URL, token: "cat_unknown" }, nobodyLeft);
  await stranger.viewerName().catch((error) => print(`refused ${page.codesOf(error)}`));
  for (const live of ["WebSocket", "SSE"] as const)
    print(`${live} refused ${await refusalOf({ url: URL, token: "cat_unknown", live })}`);
}

/** How somebody without rights is told so: by the code of the closed connection, or by an error. Never tried again. */
async function refusalOf(server: Server): Promise<unknown> {
  const query = "subscription { notificationReceived { id } }";
  return new Promise((resolve) => {
    liveUpdates(server).subscribe(
      { query },
      {
        next: ({ errors }) => resolve(errors?.[0]?.extensions?.["code"]),
        error: (closed) => resolve((closed as CloseEvent).code),
        complete() {},
      },
    );
  });
}

/** Changes the attempt again and again until one change is seen: nothing tells when a subscription stands. */
async function firstEvent(page: Page, watching: Page, attempt: { id: string; question: string }): Promise<string> {
  let flagged = false;
  return new Promise((resolve, reject) => {
    const change = () => page.flag(attempt.id, attempt.question, (flagged = !flagged)).catch(reject);
    const again = setInterval(change, ASK_AGAIN_MS);
    const stop = watching.watch(attempt.id, (state) => {
      clearInterval(again);
      stop();
      resolve(state);
    });
  });
}
