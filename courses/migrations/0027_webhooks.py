"""Webhook endpoints, their secrets and deliveries."""

import django.contrib.postgres.fields
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from courses.utils.batched_operations import batched


class Migration(migrations.Migration):

    dependencies = [
        ('courses', '0026_changed_since'),
    ]

    operations = batched([
        migrations.CreateModel(
            name='WebhookEndpoint',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_date', models.DateTimeField(auto_now_add=True, db_default=django.db.models.functions.datetime.Now(), help_text='When it was created.')),
                ('updated_date', models.DateTimeField(auto_now=True, db_default=django.db.models.functions.datetime.Now(), help_text='When it was last changed.')),
                ('url', models.CharField(help_text='Address that receives a POST for each event: https, at most 2,000 characters.', max_length=2000)),
                ('types', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(choices=[('attempt.started', 'An attempt was started'), ('attempt.saved', 'Responses of an attempt were saved; several saves may be one event'), ('attempt.completed', 'An attempt was handed in, or closed by the timer or the staff'), ('attempt.graded', 'A person graded a response of an attempt'), ('attempt.regraded', 'A regrade changed the grades of an attempt'), ('attempt.extended', 'The deadline of an attempt was moved to a later moment'), ('enrollment.changed', 'An enrolment is new, or its status or progress changed'), ('lesson.completed', 'A learner completed a lesson'), ('review.created', 'A review was written'), ('review.approved', 'A review was approved, so that everybody can read it'), ('review.changed', 'A review was edited, featured, or its approval withdrawn'), ('review.deleted', 'A review was deleted'), ('assessment.changed', 'An assessment is new, or its settings or questions changed, or it was deleted'), ('course.changed', 'A course is new, or its settings, lessons or instructors changed, or it was deleted')], max_length=40), blank=True, db_default=[], default=list, help_text='Types of events that are sent. Empty: all.', size=None)),
                ('format', models.CharField(choices=[('native', 'Thin JSON: type, time, ids and revision'), ('xapi', 'Statements of the Experience API (xAPI), for events of attempts'), ('caliper', 'An envelope of Caliper 1.2, for events of attempts')], db_default='native', default='native', help_text='Format of what is sent.', max_length=20)),
                ('is_enabled', models.BooleanField(db_default=True, default=True, help_text='Whether events are sent. While it is false they wait.')),
                ('disabled_reason', models.TextField(blank=True, db_default='', default='', help_text='Why nothing is sent. Empty while it is enabled.')),
                ('position', models.BigIntegerField(help_text="Position in the event feed up to which there are deliveries, at first the feed's end.")),
                ('access_token_id', models.BigIntegerField(blank=True, help_text='Access token by which it was made or last changed; it ends with it. Null: none.', null=True)),
                ('partner', models.CharField(blank=True, db_default='', default='', help_text="Client id of the partner that made it or changed it last; it ends with the partner's access. Empty: none.", max_length=100)),
                ('failures', models.PositiveIntegerField(db_default=0, default=0, help_text='Number of tries that failed since the last one that succeeded.')),
                ('paused_until', models.DateTimeField(blank=True, help_text='Time until which nothing is tried, after a failure. Null: at once.', null=True)),
                ('claimed_until', models.DateTimeField(blank=True, help_text='Time until which one worker has it to itself, or when the last one was done. Null: none had it.', null=True)),
                ('course', models.ForeignKey(blank=True, help_text='The only course whose events are sent. Null: all that the owner may see.', null=True, on_delete=django.db.models.deletion.CASCADE, related_name='webhook_endpoints', to='courses.course')),
                ('user', models.ForeignKey(help_text='The owner, with whose rights events are read.', on_delete=django.db.models.deletion.CASCADE, related_name='webhook_endpoints', to=settings.AUTH_USER_MODEL)),
            ],
        ),
        migrations.CreateModel(
            name='WebhookDelivery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('created_date', models.DateTimeField(auto_now_add=True, db_default=django.db.models.functions.datetime.Now(), help_text='When it was created.')),
                ('updated_date', models.DateTimeField(auto_now=True, db_default=django.db.models.functions.datetime.Now(), help_text='When it was last changed.')),
                ('event_id', models.BigIntegerField(blank=True, help_text='Position of the event in the feed. Null: a ping.', null=True)),
                ('status', models.CharField(choices=[('pending', 'Waits for its first or next try'), ('delivered', 'Answered with a status of success (2xx)'), ('failed', 'Given up, or not sent; a replay tries again')], help_text='State of the delivery.', max_length=20)),
                ('tries', models.PositiveIntegerField(db_default=0, default=0, help_text='Number of tries so far, since the last replay.')),
                ('last_response_status', models.PositiveSmallIntegerField(blank=True, help_text='HTTP status that the last try was answered with. Null: there was no answer.', null=True)),
                ('problem', models.TextField(blank=True, db_default='', default='', help_text='Why there was no answer, or nothing was sent. Empty: see the status.')),
                ('last_tried_at', models.DateTimeField(blank=True, help_text='Time of the last try. Null: there was none.', null=True)),
                ('next_try_at', models.DateTimeField(blank=True, help_text='Time of the next try, at the earliest. Null: there will be none.', null=True)),
                ('endpoint', models.ForeignKey(help_text='Where it goes.', on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='courses.webhookendpoint')),
            ],
            options={
                'verbose_name_plural': 'webhook deliveries',
            },
        ),
        migrations.CreateModel(
            name='WebhookSecret',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('encrypted', models.TextField(help_text='The secret, encrypted by a key that is made of SECRET_KEY.')),
                ('expires_at', models.DateTimeField(blank=True, db_index=True, help_text='Time from which it signs no more. Null: it is the newest, and has no end.', null=True)),
                ('endpoint', models.ForeignKey(help_text='Whose messages it signs.', on_delete=django.db.models.deletion.CASCADE, related_name='secrets', to='courses.webhookendpoint')),
            ],
        ),
        migrations.AddIndex(
            model_name='webhookendpoint',
            index=models.Index(fields=['user', '-created_date'], name='webhook_endpoint_by_user'),
        ),
        migrations.AddIndex(
            model_name='webhookendpoint',
            index=models.Index(condition=models.Q(('is_enabled', True)), fields=['position'], name='webhook_endpoint_behind'),
        ),
        migrations.AddConstraint(
            model_name='webhookendpoint',
            constraint=models.CheckConstraint(condition=models.Q(('url__regex', '^[Hh][Tt][Tt][Pp][Ss]?://[!-~]+$')), name='webhook_endpoint_url_is_http'),
        ),
        migrations.AddConstraint(
            model_name='webhookendpoint',
            constraint=models.CheckConstraint(condition=models.Q(('types__contained_by', ['attempt.started', 'attempt.saved', 'attempt.completed', 'attempt.graded', 'attempt.regraded', 'attempt.extended', 'enrollment.changed', 'lesson.completed', 'review.created', 'review.approved', 'review.changed', 'review.deleted', 'assessment.changed', 'course.changed'])), name='webhook_endpoint_types_are_known'),
        ),
        migrations.AddConstraint(
            model_name='webhookendpoint',
            constraint=models.CheckConstraint(condition=models.Q(('format__in', ['native', 'xapi', 'caliper'])), name='webhook_endpoint_format_is_known'),
        ),
        migrations.AddConstraint(
            model_name='webhookendpoint',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('disabled_reason', ''), ('is_enabled', True)), models.Q(('is_enabled', False), models.Q(('disabled_reason', ''), _negated=True)), _connector='OR'), name='webhook_endpoint_disabled_has_reason'),
        ),
        migrations.AddConstraint(
            model_name='webhookendpoint',
            constraint=models.CheckConstraint(condition=models.Q(('access_token_id', None), ('partner', ''), _connector='OR'), name='webhook_endpoint_has_one_credential'),
        ),
        migrations.AddIndex(
            model_name='webhookdelivery',
            index=models.Index(fields=['endpoint', '-created_date'], name='webhook_delivery_newest'),
        ),
        migrations.AddIndex(
            model_name='webhookdelivery',
            index=models.Index(fields=['endpoint', 'status', '-created_date'], name='webhook_delivery_by_status'),
        ),
        migrations.AddIndex(
            model_name='webhookdelivery',
            index=models.Index(condition=models.Q(('status', 'pending')), fields=['endpoint', 'next_try_at', 'id'], name='webhook_delivery_due'),
        ),
        migrations.AddIndex(
            model_name='webhookdelivery',
            index=models.Index(condition=models.Q(('event_id', None), ('status', 'pending')), fields=['endpoint'], name='webhook_ping_due'),
        ),
        migrations.AddIndex(
            model_name='webhookdelivery',
            index=models.Index(fields=['updated_date'], name='webhook_delivery_oldest'),
        ),
        migrations.AddConstraint(
            model_name='webhookdelivery',
            constraint=models.UniqueConstraint(fields=('endpoint', 'event_id'), name='unique_webhook_delivery'),
        ),
        migrations.AddConstraint(
            model_name='webhookdelivery',
            constraint=models.CheckConstraint(condition=models.Q(('status__in', ['pending', 'delivered', 'failed'])), name='webhook_delivery_status_is_known'),
        ),
        migrations.AddConstraint(
            model_name='webhookdelivery',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('status', 'pending'), ('next_try_at__isnull', False)), models.Q(models.Q(('status', 'pending'), _negated=True), ('next_try_at__isnull', True)), _connector='OR'), name='webhook_delivery_pending_has_next_try'),
        ),
        migrations.AddConstraint(
            model_name='webhookdelivery',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('tries__gt', 0), ('last_tried_at__isnull', False)), models.Q(models.Q(('tries__gt', 0), _negated=True), ('last_tried_at__isnull', True)), _connector='OR'), name='webhook_delivery_tried_has_date'),
        ),
        migrations.AddConstraint(
            model_name='webhooksecret',
            constraint=models.UniqueConstraint(condition=models.Q(('expires_at', None)), fields=('endpoint',), name='unique_newest_webhook_secret'),
        ),
    ])
