"""Windows, moments of results and key, accommodations, and interventions in attempts that run.

Columns are added empty, so that no table is locked for longer than a moment. What takes long comes at the end of this
release (`left_behind`).
"""

import django.core.validators
import django.db.models.deletion
import django.db.models.functions.datetime
from decimal import Decimal
from django.conf import settings
from django.db import migrations, models

from courses.utils.batched_operations import batched


class Migration(migrations.Migration):

    dependencies = [
        ('courses', '0016_read_scopes'),
    ]

    operations = batched([
        migrations.CreateModel(
            name='Accommodation',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_date', models.DateTimeField(auto_now_add=True, db_default=django.db.models.functions.datetime.Now(), help_text='When it was created.')),
                ('updated_date', models.DateTimeField(auto_now=True, db_default=django.db.models.functions.datetime.Now(), help_text='When it was last changed.')),
                ('time_factor', models.DecimalField(blank=True, decimal_places=4, help_text='Factor of the time limit, 1 to 10, at most four decimals; the limit is rounded up to whole minutes. Excludes `extraMinutes`. Null: not set here.', max_digits=6, null=True, validators=[django.core.validators.MinValueValidator(Decimal('1')), django.core.validators.MaxValueValidator(Decimal('10'))])),
                ('extra_minutes', models.PositiveIntegerField(blank=True, help_text='Time beyond the time limit, in minutes, at most 525,600. Excludes `timeFactor`. Null: not set here.', null=True, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(525600)])),
                ('extra_attempts', models.PositiveIntegerField(blank=True, help_text='Number of attempts beyond `maxAttempts`, at most 1,000. Null: not set here.', null=True, validators=[django.core.validators.MinValueValidator(0), django.core.validators.MaxValueValidator(1000)])),
                ('opens_at', models.DateTimeField(blank=True, help_text='Time from which the learner can start attempts. Null: not set here.', null=True)),
                ('closes_at', models.DateTimeField(blank=True, help_text='Time from which the learner can start no attempt, and at which running ones end. Null: not set here.', null=True)),
                ('may_retake_after_key', models.BooleanField(blank=True, help_text='Whether the learner may start further attempts although they could see the right answers. Null: not set here.', null=True)),
                ('reason', models.TextField(blank=True, db_default='', default='', help_text='Reason, which the learner can read, at most 2,000 characters.', validators=[django.core.validators.MaxLengthValidator(2000)])),
            ],
        ),
        migrations.CreateModel(
            name='AttemptIntervention',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_date', models.DateTimeField(auto_now_add=True, db_default=django.db.models.functions.datetime.Now(), help_text='When it was created.')),
                ('updated_date', models.DateTimeField(auto_now=True, db_default=django.db.models.functions.datetime.Now(), help_text='When it was last changed.')),
                ('kind', models.CharField(choices=[('extended', 'The deadline was moved to a later moment'), ('closed', 'The attempt was ended as it stood')], help_text='Kind of intervention.', max_length=20)),
                ('reason', models.TextField(blank=True, db_default='', default='', help_text='Reason, at most 2,000 characters.', validators=[django.core.validators.MaxLengthValidator(2000)])),
                ('old_deadline_at', models.DateTimeField(blank=True, help_text='Deadline before. Null: the time was not limited.', null=True)),
                ('new_deadline_at', models.DateTimeField(blank=True, help_text='Deadline after. Null: the time was not limited.', null=True)),
            ],
        ),
        migrations.AddField(
            model_name='assessment',
            name='closes_at',
            field=models.DateTimeField(blank=True, help_text='Time from which no attempt can be started, and at which running ones end. Null: never.', null=True),
        ),
        migrations.AddField(
            model_name='assessment',
            name='is_published',
            field=models.BooleanField(db_default=True, default=True, help_text='Whether learners see the assessment and can start it. Attempts that are there stay with their learners.'),
        ),
        migrations.AddField(
            model_name='assessment',
            name='key_from',
            field=models.DateTimeField(blank=True, help_text='Time before which no learner sees right answers. Null: no earliest time.', null=True),
        ),
        migrations.AddField(
            model_name='assessment',
            name='opens_at',
            field=models.DateTimeField(blank=True, help_text='Time from which attempts can be started. Null: at once.', null=True),
        ),
        migrations.AddField(
            model_name='assessment',
            name='results_from',
            field=models.DateTimeField(blank=True, help_text='Time from which learners see results, where `showResults`. Null: right after the attempt.', null=True),
        ),
        migrations.AlterField(
            model_name='assessment',
            name='show_correct_answers',
            field=models.BooleanField(db_default=True, default=True, help_text='Whether learners see right answers and explanations, once they can start no further attempt, `keyFrom` has passed and, where the assessment closes, it has closed for everybody. Without `keyFrom` and `closesAt` each learner sees them as soon as their own attempts are used up, also while others have not begun.'),
        ),
        migrations.AlterField(
            model_name='assessment',
            name='show_results',
            field=models.BooleanField(db_default=True, default=True, help_text='Whether a learner sees score, pass mark and feedback after the attempt, from `resultsFrom` on.'),
        ),
        migrations.AlterField(
            model_name='assessmentattempt',
            name='deadline_at',
            field=models.DateTimeField(blank=True, help_text="Deadline, fixed at the start: the earlier of the learner's time limit and the close. The staff of the course may move it to a later moment. Null when the time is not limited.", null=True),
        ),
        migrations.AddConstraint(
            model_name='assessment',
            constraint=models.CheckConstraint(condition=models.Q(('opens_at__lt', models.F('closes_at'))), name='assessment_opens_before_it_closes'),
        ),
        migrations.AddField(
            model_name='accommodation',
            name='assessment',
            field=models.ForeignKey(blank=True, help_text='The only assessment that it counts for. Null: every assessment of the course.', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='accommodations', to='courses.assessment'),
        ),
        migrations.AddField(
            model_name='accommodation',
            name='course',
            field=models.ForeignKey(help_text='The course it is granted in.', on_delete=django.db.models.deletion.CASCADE, related_name='accommodations', to='courses.course'),
        ),
        migrations.AddField(
            model_name='accommodation',
            name='granted_by',
            field=models.ForeignKey(blank=True, help_text='The person who granted it last. Null: somebody who is no longer here.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='granted_accommodations', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='accommodation',
            name='user',
            field=models.ForeignKey(help_text='The learner.', on_delete=django.db.models.deletion.CASCADE, related_name='accommodations', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddField(
            model_name='attemptintervention',
            name='made_by',
            field=models.ForeignKey(blank=True, help_text='The person who intervened. Null: somebody who is no longer here.', null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='interventions', to=settings.AUTH_USER_MODEL),
        ),
        migrations.AddIndex(
            model_name='accommodation',
            index=models.Index(condition=models.Q(('assessment', None)), fields=['course', '-created_date'], name='accommodation_by_course'),
        ),
        migrations.AddIndex(
            model_name='accommodation',
            index=models.Index(fields=['assessment', '-created_date'], name='accommodation_by_assessment'),
        ),
        migrations.AddIndex(
            model_name='accommodation',
            index=models.Index(fields=['user', '-created_date'], name='accommodation_by_user'),
        ),
        migrations.AddIndex(
            model_name='accommodation',
            index=models.Index(condition=models.Q(('closes_at__isnull', False)), fields=['course', 'closes_at'], name='accommodation_closing'),
        ),
        migrations.AddConstraint(
            model_name='accommodation',
            constraint=models.UniqueConstraint(fields=('user', 'course', 'assessment'), name='unique_accommodation', nulls_distinct=False),
        ),
        migrations.AddConstraint(
            model_name='accommodation',
            constraint=models.CheckConstraint(condition=models.Q(('time_factor__gte', Decimal('1')), ('time_factor__lte', Decimal('10'))), name='accommodation_factor_in_range'),
        ),
        migrations.AddConstraint(
            model_name='accommodation',
            constraint=models.CheckConstraint(condition=models.Q(('extra_minutes__gte', 0), ('extra_minutes__lte', 525600)), name='accommodation_minutes_in_range'),
        ),
        migrations.AddConstraint(
            model_name='accommodation',
            constraint=models.CheckConstraint(condition=models.Q(('extra_attempts__gte', 0), ('extra_attempts__lte', 1000)), name='accommodation_attempts_in_range'),
        ),
        migrations.AddConstraint(
            model_name='accommodation',
            constraint=models.CheckConstraint(condition=models.Q(('time_factor', None), ('extra_minutes', None), _connector='OR'), name='accommodation_time_is_one_setting'),
        ),
        migrations.AddConstraint(
            model_name='accommodation',
            constraint=models.CheckConstraint(condition=models.Q(('opens_at__lt', models.F('closes_at'))), name='accommodation_opens_before_it_closes'),
        ),
        migrations.AddConstraint(
            model_name='attemptintervention',
            constraint=models.CheckConstraint(condition=models.Q(('kind__in', ['extended', 'closed'])), name='intervention_kind_is_known'),
        ),
        migrations.AddConstraint(
            model_name='attemptintervention',
            constraint=models.CheckConstraint(condition=models.Q(('new_deadline_at__gte', models.F('old_deadline_at'))), name='intervention_never_shortens'),
        ),
        migrations.AddField(
            model_name='attemptintervention',
            name='attempt',
            field=models.ForeignKey(help_text='The attempt that was running.', on_delete=django.db.models.deletion.CASCADE, related_name='interventions', to='courses.assessmentattempt'),
        ),
        migrations.AddIndex(
            model_name='attemptintervention',
            index=models.Index(fields=['attempt', 'created_date'], name='intervention_by_attempt'),
        ),
        migrations.AddField(
            model_name='assessmentattempt',
            name='key_opened_at',
            field=models.DateTimeField(blank=True, help_text='Stamp of an attempt whose answer key was open to the learner before something changed that might shut it again. Null: there was no such change.', null=True),
        ),
    ])
