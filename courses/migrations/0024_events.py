"""Event feed, and its outbox."""

import django.db.models.functions.datetime
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('courses', '0023_sessions_and_partners_that_end'),
    ]

    operations = [
        migrations.CreateModel(
            name='Event',
            fields=[
                ('type', models.CharField(choices=[('attempt.started', 'An attempt was started'), ('attempt.saved', 'Responses of an attempt were saved; several saves may be one event'), ('attempt.completed', 'An attempt was handed in, or closed by the timer or the staff'), ('attempt.graded', 'A person graded a response of an attempt'), ('attempt.regraded', 'A regrade changed the grades of an attempt'), ('attempt.extended', 'The deadline of an attempt was moved to a later moment'), ('enrollment.changed', 'An enrolment is new, or its status or progress changed'), ('lesson.completed', 'A learner completed a lesson'), ('review.created', 'A review was written'), ('review.approved', 'A review was approved, so that everybody can read it'), ('review.changed', 'A review was edited, featured, or its approval withdrawn'), ('review.deleted', 'A review was deleted'), ('assessment.changed', 'An assessment is new, or its settings or questions changed, or it was deleted'), ('course.changed', 'A course is new, or its settings, lessons or instructors changed, or it was deleted')], help_text='Kind of change.', max_length=40)),
                ('occurred_at', models.DateTimeField(auto_now_add=True, db_default=django.db.models.functions.datetime.Now(), help_text='When it was written.')),
                ('subject_id', models.BigIntegerField(help_text='Primary key of what has changed; its kind follows from the type.')),
                ('course_id', models.BigIntegerField(help_text='Primary key of the course that it belongs to.')),
                ('learner_id', models.BigIntegerField(blank=True, help_text="Primary key of the learner or author whose it is. Null: nobody's.", null=True)),
                ('revision', models.PositiveIntegerField(blank=True, help_text='Revision of the attempt after the change. Null: not about an attempt.', null=True)),
                ('id', models.BigIntegerField(help_text='Position in the feed, from 1.', primary_key=True, serialize=False)),
            ],
            options={
                'abstract': False,
                'indexes': [models.Index(fields=['course_id', 'id'], name='event_by_course'), models.Index(condition=models.Q(('learner_id__isnull', False)), fields=['learner_id', 'id'], name='event_by_learner'), models.Index(condition=models.Q(('type__in', ('assessment.changed', 'course.changed'))), fields=['course_id', 'id'], name='event_for_learners')],
                'constraints': [models.CheckConstraint(condition=models.Q(('type__in', ['attempt.started', 'attempt.saved', 'attempt.completed', 'attempt.graded', 'attempt.regraded', 'attempt.extended', 'enrollment.changed', 'lesson.completed', 'review.created', 'review.approved', 'review.changed', 'review.deleted', 'assessment.changed', 'course.changed'])), name='event_type_is_known')],
            },
        ),
        migrations.CreateModel(
            name='PendingEvent',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('type', models.CharField(choices=[('attempt.started', 'An attempt was started'), ('attempt.saved', 'Responses of an attempt were saved; several saves may be one event'), ('attempt.completed', 'An attempt was handed in, or closed by the timer or the staff'), ('attempt.graded', 'A person graded a response of an attempt'), ('attempt.regraded', 'A regrade changed the grades of an attempt'), ('attempt.extended', 'The deadline of an attempt was moved to a later moment'), ('enrollment.changed', 'An enrolment is new, or its status or progress changed'), ('lesson.completed', 'A learner completed a lesson'), ('review.created', 'A review was written'), ('review.approved', 'A review was approved, so that everybody can read it'), ('review.changed', 'A review was edited, featured, or its approval withdrawn'), ('review.deleted', 'A review was deleted'), ('assessment.changed', 'An assessment is new, or its settings or questions changed, or it was deleted'), ('course.changed', 'A course is new, or its settings, lessons or instructors changed, or it was deleted')], help_text='Kind of change.', max_length=40)),
                ('occurred_at', models.DateTimeField(auto_now_add=True, db_default=django.db.models.functions.datetime.Now(), help_text='When it was written.')),
                ('subject_id', models.BigIntegerField(help_text='Primary key of what has changed; its kind follows from the type.')),
                ('course_id', models.BigIntegerField(help_text='Primary key of the course that it belongs to.')),
                ('learner_id', models.BigIntegerField(blank=True, help_text="Primary key of the learner or author whose it is. Null: nobody's.", null=True)),
                ('revision', models.PositiveIntegerField(blank=True, help_text='Revision of the attempt after the change. Null: not about an attempt.', null=True)),
            ],
            options={
                'abstract': False,
                'constraints': [models.CheckConstraint(condition=models.Q(('type__in', ['attempt.started', 'attempt.saved', 'attempt.completed', 'attempt.graded', 'attempt.regraded', 'attempt.extended', 'enrollment.changed', 'lesson.completed', 'review.created', 'review.approved', 'review.changed', 'review.deleted', 'assessment.changed', 'course.changed'])), name='pendingevent_type_is_known')],
            },
        ),
    ]
