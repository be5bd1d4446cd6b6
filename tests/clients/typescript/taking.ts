/** Taking an assessment: the timer, saving with revisions, and handing in. */

import { ask, type Api } from "./ask.ts";
import {
  AttemptPageDocument,
  CompleteAttemptDocument,
  StartAttemptDocument,
  SubmitAnswersDocument,
  type AnswerSubmissionInput,
  type StartAttemptMutation,
} from "./generated/courses.ts";

type Attempt = NonNullable<StartAttemptMutation["startAttempt"]["attempt"]>;
export type Saved = "saved" | "changed elsewhere" | "over";

export class Taking {
  readonly attempt: Attempt;
  private api: Api;
  private revision: number;
  private endsAt: number | null = null;

  private constructor(api: Api, attempt: Attempt) {
    this.api = api;
    this.attempt = attempt;
    this.revision = attempt.revision;
    this.setTimer(attempt.remainingSeconds);
  }

  /** Starts an attempt, or goes on with the one that is open: a second click does no harm. */
  static async start(api: Api, assessmentId: string): Promise<Taking> {
    const { startAttempt } = await ask(api, StartAttemptDocument, { assessmentId });
    if (!startAttempt.attempt) throw new Error(startAttempt.userErrors[0]!.message);
    return new Taking(api, startAttempt.attempt);
  }

  /** What the timer shows; null when time is not limited. */
  secondsLeft(): number | null {
    return this.endsAt === null ? null : Math.max(0, Math.round((this.endsAt - performance.now()) / 1000));
  }

  /** Saves responses. After a failure of the network the same call may simply be repeated. */
  async save(answers: AnswerSubmissionInput[]): Promise<Saved> {
    const input = { attemptId: this.attempt.id, baseRevision: this.revision, answers };
    const { submitAnswers } = await ask(this.api, SubmitAnswersDocument, { input });
    const [refusal] = submitAnswers.userErrors;
    if (refusal?.code === "STALE_REVISION") return "changed elsewhere";
    if (refusal?.code === "TIME_EXPIRED" || refusal?.code === "ATTEMPT_CLOSED") return "over";
    if (refusal) throw new Error(refusal.message);
    this.revision = submitAnswers.attempt!.revision;
    this.setTimer(submitAnswers.attempt!.remainingSeconds);
    return "saved";
  }

  /** Reads what is saved now: after "changed elsewhere", and when the page was asleep. */
  async refresh() {
    const { attempt } = await ask(this.api, AttemptPageDocument, { id: this.attempt.id });
    this.revision = attempt!.revision;
    this.setTimer(attempt!.remainingSeconds);
    return attempt!;
  }

  /** Hands in, with what was not saved yet. The second time it answers the same. */
  async complete(answers: AnswerSubmissionInput[] = []) {
    const input = { attemptId: this.attempt.id, answers };
    const { completeAttempt } = await ask(this.api, CompleteAttemptDocument, { input });
    return completeAttempt;
  }

  private setTimer(remainingSeconds: number | null): void {
    this.endsAt = remainingSeconds === null ? null : performance.now() + remainingSeconds * 1000;
  }
}
