/** What a normalised cache wants to know of our schema. A check keeps it complete. */

/** Connections by the type that has them: their pages are one list. */
export const CONNECTIONS = {
  Query: ["courses", "gradingQueue", "reviewModerationQueue"],
  Course: ["reviews"],
  Lesson: ["notes"],
  Viewer: ["accommodations", "activity", "attempts", "enrollments", "notes", "notifications", "reviews"],
  WebhookEndpoint: ["deliveries"],
};

/** Types without an id: what belongs to whatever holds it. */
export const EMBEDDED = [
  "AssessmentStatistics",
  "AttemptQuestion",
  "Blank",
  "ChoiceFeedback",
  "CourseStatistics",
  "EffectiveSettings",
  "EventPage",
  "GradeChange",
  "GradeChangePreview",
  "GradedResponse",
  "ItemAnalysis",
  "ItemStatistics",
  "LearnerOutcome",
  "LearningHabits",
  "Match",
  "Permission",
  "QuestionResult",
  "QuestionVersion",
  "RateLimit",
  "RatingCount",
  "Response",
  "Revenue",
  "ReviewSummary",
  "Solution",
  "SubmissionReceipt",
  "UserError",
  "UserStatistics",
  "ViewerAttempts",
];
