"""Descriptions of fields say units, ranges and the meaning of null. Nothing changes in the database."""

from decimal import Decimal

import django.core.validators
from django.db import migrations, models

import courses.models.notifications
import courses.utils.model_helpers
import courses.validators

from courses.utils.batched_operations import batched


class Migration(migrations.Migration):
    dependencies = [
        ("courses", "0010_noted_changes_and_erasure"),
    ]

    operations = batched([
        migrations.AlterField(
            model_name="accesstoken",
            name="expires_at",
            field=models.DateTimeField(
                blank=True, help_text="Time of expiry. Null: it never expires.", null=True
            ),
        ),
        migrations.AlterField(
            model_name="accesstoken",
            name="last_used_at",
            field=models.DateTimeField(
                blank=True, help_text="Time of the last use. Null: it was never used.", null=True
            ),
        ),
        migrations.AlterField(
            model_name="accesstoken",
            name="name",
            field=models.CharField(
                help_text="Name that tells what the token is for, 1 to 100 characters.",
                max_length=100,
                validators=[courses.validators.validate_not_blank],
            ),
        ),
        migrations.AlterField(
            model_name="accesstoken",
            name="prefix",
            field=models.CharField(
                help_text="First characters of the secret, to tell tokens apart.", max_length=16
            ),
        ),
        migrations.AlterField(
            model_name="answer",
            name="answer_text",
            field=models.CharField(
                blank=True,
                help_text="Text of the choice, prompt of the pair, or accepted text, at most 500 characters. Empty: a distractor in matching.",
                max_length=500,
            ),
        ),
        migrations.AlterField(
            model_name="answer",
            name="blank_key",
            field=models.CharField(
                blank=True,
                help_text="Fill in the blank: key of the blank that `text` fills, at most 50 characters.",
                max_length=50,
                validators=[courses.validators.validate_not_blank],
            ),
        ),
        migrations.AlterField(
            model_name="answer",
            name="credit",
            field=models.DecimalField(
                blank=True,
                decimal_places=4,
                help_text="Credit of the answer as a share of the points, 0 to 1. Null: 1 if `isCorrect`, otherwise 0.",
                max_digits=5,
                null=True,
                validators=[
                    django.core.validators.MinValueValidator(Decimal("0")),
                    django.core.validators.MaxValueValidator(Decimal("1")),
                ],
            ),
        ),
        migrations.AlterField(
            model_name="answer",
            name="explanation",
            field=models.TextField(
                blank=True, help_text="Explanation why it is right or wrong. Empty: none."
            ),
        ),
        migrations.AlterField(
            model_name="answer",
            name="match_text",
            field=models.CharField(
                blank=True,
                help_text="Matching: the text that belongs to the prompt `text`, at most 500 characters.",
                max_length=500,
            ),
        ),
        migrations.AlterField(
            model_name="answer",
            name="text_match",
            field=models.CharField(
                choices=[
                    ("ignore_case", "Equal when upper and lower case are not told apart"),
                    ("exact", "Equal, upper and lower case included"),
                    ("wildcard", "Equal, where * stands for any run of characters and \\* for a star"),
                    ("numeric", "The same number, give or take the tolerance"),
                ],
                default="ignore_case",
                help_text="Rule by which a written response is compared with `text`.",
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="answer",
            name="tolerance",
            field=models.DecimalField(
                blank=True,
                decimal_places=10,
                help_text="Absolute tolerance of a NUMERIC match, in either direction, 0 or more. Null: none.",
                max_digits=20,
                null=True,
                validators=[django.core.validators.MinValueValidator(Decimal("0"))],
            ),
        ),
        migrations.AlterField(
            model_name="assessment",
            name="max_attempts",
            field=models.PositiveIntegerField(
                default=1,
                help_text="Number of attempts that each learner may make, 1 to 1,000.",
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(1000),
                ],
            ),
        ),
        migrations.AlterField(
            model_name="assessment",
            name="passing_score",
            field=models.PositiveIntegerField(
                default=70,
                help_text="Pass mark: percentage of the maximum score that is needed to pass, 0 to 100.",
                validators=[courses.validators.validate_percentage],
            ),
        ),
        migrations.AlterField(
            model_name="assessmentattempt",
            name="attempt_number",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="Number of the attempt among those of the learner at the assessment, counted from 1.",
            ),
        ),
        migrations.AlterField(
            model_name="assessmentattempt",
            name="deadline_at",
            field=models.DateTimeField(
                blank=True,
                help_text="Deadline, fixed at the start. Null when the time is not limited.",
                null=True,
            ),
        ),
        migrations.AlterField(
            model_name="assessmentattempt",
            name="end_time",
            field=models.DateTimeField(
                blank=True,
                help_text="Time of the end: handed in, closed, or the deadline. Null while it is open.",
                null=True,
            ),
        ),
        migrations.AlterField(
            model_name="assessmentattempt",
            name="ended_by",
            field=models.CharField(
                blank=True,
                choices=[
                    ("learner", "The learner handed it in"),
                    ("timer", "The time ran out"),
                    ("staff", "An instructor or the platform closed it"),
                ],
                help_text="Cause of the end. Null while it is open.",
                max_length=20,
                null=True,
            ),
        ),
        migrations.AlterField(
            model_name="assessmentattempt",
            name="max_score",
            field=models.PositiveIntegerField(
                default=0, help_text="Maximum score: the sum of the points of all its questions."
            ),
        ),
        migrations.AlterField(
            model_name="assessmentattempt",
            name="revision",
            field=models.PositiveIntegerField(
                default=0,
                help_text="Version of its responses, for optimistic concurrency (`baseRevision`): each save that changes any adds 1.",
            ),
        ),
        migrations.AlterField(
            model_name="assessmentattempt",
            name="start_time",
            field=courses.utils.model_helpers.AddedDateTimeField(
                auto_now_add=True, help_text="Time of the start, by the database's clock."
            ),
        ),
        migrations.AlterField(
            model_name="assessmentattempt",
            name="time_taken_seconds",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="Duration from start to end, in whole seconds. Null while it is open.",
                null=True,
            ),
        ),
        migrations.AlterField(
            model_name="course",
            name="currency",
            field=models.CharField(
                default="EUR",
                help_text="Currency of the price: three capital letters of ISO 4217, such as EUR.",
                max_length=3,
                validators=[
                    django.core.validators.RegexValidator(
                        "^[A-Z]{3}\\Z", "Please give three capital letters, for example EUR."
                    )
                ],
            ),
        ),
        migrations.AlterField(
            model_name="course",
            name="description",
            field=models.TextField(blank=True, help_text="Description of the course."),
        ),
        migrations.AlterField(
            model_name="course",
            name="is_published",
            field=models.BooleanField(
                default=False,
                help_text="Whether everybody sees the course. A draft is visible only to its staff and to people who take it already.",
            ),
        ),
        migrations.AlterField(
            model_name="course",
            name="price",
            field=models.DecimalField(
                decimal_places=2,
                default=Decimal("0"),
                help_text="Price of an enrolment in `currency`, with two decimals. 0: it is free.",
                max_digits=10,
                validators=[django.core.validators.MinValueValidator(Decimal("0"))],
            ),
        ),
        migrations.AlterField(
            model_name="course",
            name="slug",
            field=models.SlugField(
                help_text="Name in URLs: letters, digits, hyphens and underscores, at most 100. Unique, ignoring case.",
                max_length=100,
                unique=True,
            ),
        ),
        migrations.AlterField(
            model_name="enrollment",
            name="completed_date",
            field=models.DateTimeField(
                blank=True,
                help_text="Time at which the last lesson was completed. Null until then.",
                null=True,
            ),
        ),
        migrations.AlterField(
            model_name="enrollment",
            name="currency",
            field=models.CharField(
                default="EUR",
                help_text="Currency of the price: three capital letters of ISO 4217, such as EUR.",
                max_length=3,
                validators=[
                    django.core.validators.RegexValidator(
                        "^[A-Z]{3}\\Z", "Please give three capital letters, for example EUR."
                    )
                ],
            ),
        ),
        migrations.AlterField(
            model_name="enrollment",
            name="enrolled_date",
            field=models.DateTimeField(auto_now_add=True, help_text="Time of the first enrolment."),
        ),
        migrations.AlterField(
            model_name="enrollment",
            name="progress_percentage",
            field=models.DecimalField(
                decimal_places=2,
                default=Decimal("0"),
                help_text="Progress: share of lessons completed, in percent, 0 to 100, two decimals.",
                max_digits=5,
                validators=[
                    django.core.validators.MinValueValidator(Decimal("0")),
                    django.core.validators.MaxValueValidator(Decimal("100")),
                ],
            ),
        ),
        migrations.AlterField(
            model_name="enrollment",
            name="status",
            field=models.CharField(
                choices=[
                    ("active", "Takes the course now"),
                    ("completed", "Has completed every lesson"),
                    ("withdrawn", "Has left the course"),
                ],
                default="active",
                help_text="Status of the enrolment.",
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="lesson",
            name="content",
            field=models.TextField(blank=True, help_text="Text of the lesson, in Markdown."),
        ),
        migrations.AlterField(
            model_name="lesson",
            name="duration_seconds",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="Duration of the lesson, in seconds, at most 31,536,000 (a year). Null: not stated.",
                null=True,
                validators=[
                    django.core.validators.MinValueValidator(0),
                    django.core.validators.MaxValueValidator(31536000),
                ],
            ),
        ),
        migrations.AlterField(
            model_name="note",
            name="content",
            field=models.TextField(
                help_text="Text of the note, at least 1 character, white space around it not counted.",
                validators=[courses.validators.MinVisibleLengthValidator(1)],
            ),
        ),
        migrations.AlterField(
            model_name="note",
            name="is_private",
            field=models.BooleanField(
                default=True,
                help_text="Whether only its author sees it. Otherwise everyone who takes or teaches the course does.",
            ),
        ),
        migrations.AlterField(
            model_name="note",
            name="tags",
            field=models.JSONField(
                blank=True,
                default=list,
                help_text="Tags, at most 10, each of 1 to 50 characters. White space around them is removed; they are unique, ignoring case.",
                validators=[courses.validators.validate_tags],
            ),
        ),
        migrations.AlterField(
            model_name="note",
            name="timestamp_seconds",
            field=models.PositiveIntegerField(
                blank=True,
                help_text="Position in the lesson's video, in seconds from its start. Null: none.",
                null=True,
            ),
        ),
        migrations.AlterField(
            model_name="notification",
            name="action_url",
            field=courses.models.notifications.ActionURLField(
                blank=True,
                help_text="Link target: an https:// address, or a path on this site such as `/courses/1`. Empty: none.",
            ),
        ),
        migrations.AlterField(
            model_name="notification",
            name="message",
            field=models.TextField(
                help_text="Text of the notification.", validators=[courses.validators.validate_not_blank]
            ),
        ),
        migrations.AlterField(
            model_name="notification",
            name="notification_type",
            field=models.CharField(
                choices=[
                    ("course_update", "Course content updates"),
                    ("reminder", "Learning reminders"),
                    ("achievement", "Milestone achievements"),
                    ("announcement", "General announcements"),
                    ("feedback", "Feedback requests"),
                    ("custom", "Custom notifications"),
                ],
                default="custom",
                help_text="Category of the notification.",
                max_length=255,
            ),
        ),
        migrations.AlterField(
            model_name="notification",
            name="read_date",
            field=models.DateTimeField(
                blank=True, help_text="Time at which it was read. Null while it is unread.", null=True
            ),
        ),
        migrations.AlterField(
            model_name="question",
            name="explanation",
            field=models.TextField(
                blank=True,
                help_text="Explanation of the right answer, shown together with the answer key. Empty: none.",
            ),
        ),
        migrations.AlterField(
            model_name="question",
            name="points",
            field=models.PositiveIntegerField(
                default=1,
                help_text="Points for full credit, 1 to 1,000,000.",
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(1000000),
                ],
            ),
        ),
        migrations.AlterField(
            model_name="question",
            name="question_text",
            field=models.TextField(
                help_text="Text of the question. In a fill-in question [[key]] marks the blank `key`.",
                validators=[courses.validators.validate_not_blank],
            ),
        ),
        migrations.AlterField(
            model_name="question",
            name="question_type",
            field=models.CharField(
                choices=[
                    ("multiple_choice", "Multiple Choice"),
                    ("true_false", "True/False"),
                    ("short_answer", "Short Answer"),
                    ("essay", "Essay"),
                    ("matching", "Matching"),
                    ("fill_blank", "Fill in the Blank"),
                ],
                default="multiple_choice",
                help_text="Type of the question, which decides how it is answered and graded.",
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="question",
            name="scoring",
            field=models.CharField(
                choices=[
                    ("right_minus_wrong", "Right picks minus wrong picks, as a share of the right ones"),
                    ("all_or_nothing", "Full credit for exactly the right picks, otherwise none"),
                    ("every_decision", "The share of options rightly picked or rightly left alone"),
                ],
                default="right_minus_wrong",
                help_text="Policy of partial credit where several choices are right.",
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="resource",
            name="kind",
            field=models.CharField(
                choices=[
                    ("document", "A text to read"),
                    ("video", "A film to watch"),
                    ("audio", "A recording to listen to"),
                    ("link", "A page on the web"),
                    ("other", "Anything else"),
                ],
                default="other",
                help_text="Kind of material that the address leads to.",
                max_length=20,
            ),
        ),
        migrations.AlterField(
            model_name="resource",
            name="url",
            field=models.URLField(
                help_text="Absolute address, beginning with https://, at most 500 characters.",
                max_length=500,
                validators=[courses.validators.validate_https_url],
            ),
        ),
        migrations.AlterField(
            model_name="review",
            name="content",
            field=models.TextField(
                help_text="Text of the review, at least 10 characters, white space around it not counted.",
                validators=[courses.validators.MinVisibleLengthValidator(10)],
            ),
        ),
        migrations.AlterField(
            model_name="review",
            name="helpful_count",
            field=models.PositiveIntegerField(
                default=0, help_text="Number of helpful votes (denormalised: counted by the database)."
            ),
        ),
        migrations.AlterField(
            model_name="review",
            name="is_approved",
            field=models.BooleanField(
                default=False,
                help_text="Whether it is approved: only then do other people see it, and does its rating count.",
            ),
        ),
        migrations.AlterField(
            model_name="review",
            name="is_featured",
            field=models.BooleanField(
                default=False,
                help_text="Whether it is featured, that is shown in a prominent place. Only an approved review can be.",
            ),
        ),
        migrations.AlterField(
            model_name="review",
            name="is_verified_purchase",
            field=models.BooleanField(
                default=False,
                help_text="Whether its author is or was enrolled in the course; determined by the server.",
            ),
        ),
        migrations.AlterField(
            model_name="review",
            name="moderation_notes",
            field=models.TextField(
                blank=True, help_text="Notes between moderators. The author never sees them."
            ),
        ),
        migrations.AlterField(
            model_name="review",
            name="rating",
            field=models.PositiveSmallIntegerField(
                help_text="Rating in stars, 1 (poor) to 5 (excellent).",
                validators=[
                    django.core.validators.MinValueValidator(1),
                    django.core.validators.MaxValueValidator(5),
                ],
            ),
        ),
        migrations.AlterField(
            model_name="review",
            name="title",
            field=models.CharField(
                blank=True,
                help_text="The title, at most 255 characters. May be empty.",
                max_length=255,
                validators=[courses.validators.validate_not_blank],
            ),
        ),
        migrations.AlterField(
            model_name="useractivity",
            name="activity_type",
            field=models.CharField(
                choices=[
                    ("view_course", "Course page view"),
                    ("start_lesson", "Lesson initiation"),
                    ("complete_lesson", "Lesson completion"),
                    ("download_resource", "Resource download"),
                    ("take_quiz", "Assessment interaction"),
                    ("post_comment", "Comment creation"),
                    ("give_review", "Review submission"),
                ],
                help_text="Kind of activity.",
                max_length=255,
            ),
        ),
        migrations.AlterField(
            model_name="useractivity",
            name="data",
            field=models.JSONField(
                blank=True,
                default=dict,
                help_text="Further data: a JSON object of at most 4 KB, 5 levels deep. A number `time_spent` is learning time in seconds, at most 4 hours.",
                validators=[courses.validators.validate_activity_data],
            ),
        ),
    ])
