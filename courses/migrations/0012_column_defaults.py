"""Defaults of models are those of their columns as well, so that written SQL names only what it sets.

Rows are stamped with the database's clock. Other moments that Django adds, such as the start of an attempt, say when
something happened: they have no default, because SQL has to name them.
"""

from decimal import Decimal

from django.db import migrations, models
from django.db.models.functions import Now

from courses.utils.batched_operations import batched

DEFAULTS = {
    "accesstoken": {
        "scopes": [],
    },
    "answer": {
        "answer_text": "",
        "is_correct": False,
        "explanation": "",
        "match_text": "",
        "blank_key": "",
        "text_match": "ignore_case",
    },
    "assessment": {
        "description": "",
        "passing_score": 70,
        "max_attempts": 1,
        "time_limit": 0,
        "randomize_questions": False,
        "show_correct_answers": True,
        "show_results": True,
    },
    "assessmentattempt": {
        "score": 0,
        "max_score": 0,
        "is_completed": False,
        "user_agent": "",
        "revision": 0,
        "layout": {},
    },
    "attemptanswer": {
        "text_answer": "",
        "points_earned": 0,
        "feedback": "",
        "revision": 0,
        "is_flagged": False,
    },
    "course": {
        "description": "",
        "is_published": False,
        "price": Decimal("0"),
        "currency": "EUR",
        "rating_counts": [0, 0, 0, 0, 0],
        "learner_count": 0,
    },
    "coursestats": {
        "total_students": 0,
        "active_students": 0,
        "completion_count": 0,
        "average_completion_days": 0,
        "engagement_score": Decimal("0"),
        "assessment_stats": {},
        "revenue_data": {},
    },
    "enrollment": {
        "status": "active",
        "progress_percentage": Decimal("0"),
        "price_paid": Decimal("0"),
        "currency": "EUR",
    },
    "gradechange": {
        "note": "",
    },
    "lesson": {
        "content": "",
    },
    "note": {
        "is_private": True,
        "tags": [],
    },
    "notification": {
        "notification_type": "custom",
        "is_read": False,
        "action_url": "",
    },
    "question": {
        "question_type": "multiple_choice",
        "points": 1,
        "explanation": "",
        "scoring": "right_minus_wrong",
    },
    "resource": {
        "kind": "other",
    },
    "review": {
        "title": "",
        "helpful_count": 0,
        "is_verified_purchase": False,
        "is_approved": False,
        "is_featured": False,
        "moderation_notes": "",
    },
    "user": {
        "display_name": "",
        "time_zone": "UTC",
    },
    "useractivity": {
        "data": {},
    },
    "userstats": {
        "courses_enrolled": 0,
        "courses_completed": 0,
        "total_time_spent_seconds": 0,
        "activity_streak": 0,
        "learning_habits": {},
    },
}

STAMPED = (
    "accesstoken",
    "activityarchive",
    "answer",
    "assessment",
    "assessmentattempt",
    "attemptanswer",
    "course",
    "coursestats",
    "enrollment",
    "gradechange",
    "lesson",
    "lessoncompletion",
    "note",
    "notification",
    "partnergrant",
    "question",
    "resource",
    "review",
    "reviewvote",
    "useractivity",
    "userstats",
)


class SetDefault(migrations.AlterField):
    """Gives a column a default; whatever else is true of it stays."""

    def __init__(self, model_name, name, default):
        super().__init__(model_name, name, models.Field())
        self.default = default

    def deconstruct(self):
        return type(self).__name__, [self.model_name, self.name, self.default], {}

    def state_forwards(self, app_label, state):
        self.field = state.models[app_label, self.model_name_lower].fields[self.name].clone()
        self.field.db_default = self.default
        if self.default == "":
            self.field.default = ""
        super().state_forwards(app_label, state)


class Migration(migrations.Migration):
    dependencies = [("courses", "0011_descriptions")]

    operations = batched([
        *(
            SetDefault(model, column, default)
            for model, columns in DEFAULTS.items()
            for column, default in columns.items()
        ),
        *(SetDefault(model, f"{when}_date", Now()) for model in STAMPED for when in ("created", "updated")),
    ])
