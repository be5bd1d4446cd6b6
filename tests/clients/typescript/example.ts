/** Lists the catalogue page by page, and takes one assessment: COURSES_TOKEN=... npm run example */

import { ask, type Api } from "./ask.ts";
import {
  CourseCatalogueDocument,
  CoursePageDocument,
  EnrollDocument,
  type CourseCatalogueQuery,
} from "./generated/courses.ts";
import { Taking } from "./taking.ts";

const api: Api = {
  url: process.env["COURSES_URL"] ?? "http://127.0.0.1:8000/graphql/",
  token: process.env["COURSES_TOKEN"],
};

async function* catalogue() {
  let after: string | null = null;
  do {
    const { courses }: CourseCatalogueQuery = await ask(api, CourseCatalogueDocument, { first: 2, after });
    yield* courses.edges.map(({ node }) => node);
    after = courses.pageInfo.hasNextPage ? courses.pageInfo.endCursor : null;
  } while (after !== null);
}

for await (const { slug, title } of catalogue()) {
  console.log(`course ${title}`);
  const { course } = await ask(api, CoursePageDocument, { slug });
  await ask(api, EnrollDocument, { input: { courseId: course!.id } });
}

const { course } = await ask(api, CoursePageDocument, { slug: "coffee-from-seed-to-cup" });
const assessment = course!.lessons.find((lesson) => lesson.assessment)!.assessment!;
const taking = await Taking.start(api, assessment.id);
const question = taking.attempt.questions.find(({ selection }) => selection === "SINGLE")!;
const answer = { questionId: question.question, response: { choices: [question.choices![0]!.id] } };
console.log(await taking.save([answer]));
const { attempt } = await taking.complete();
console.log(`attempt ${attempt!.state}`);
