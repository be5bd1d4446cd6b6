"""Documents that clients name instead of sending them."""

import django.db.models.functions.datetime
import django.db.models.functions.text
import django.db.models.lookups
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('courses', '0019_versions_of_attempts'),
    ]

    operations = [
        migrations.CreateModel(
            name='PersistedQuery',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('digest', models.CharField(help_text='SHA-256 of the text, in hexadecimal.', max_length=64, unique=True)),
                ('text', models.TextField(help_text='The document, as the client sent it.')),
                ('used_at', models.DateTimeField(auto_now_add=True, db_default=django.db.models.functions.datetime.Now(), db_index=True, help_text='When it was last used, give or take ten minutes.')),
            ],
            options={
                'verbose_name_plural': 'persisted queries',
                'constraints': [models.CheckConstraint(condition=models.Q(('digest__regex', '^[0-9a-f]{64}$')), name='persisted_query_digest_is_sha256', violation_error_message='The digest must be SHA-256 in hexadecimal.'), models.CheckConstraint(condition=django.db.models.lookups.LessThanOrEqual(django.db.models.functions.text.Length('text'), 32768), name='persisted_query_text_in_range', violation_error_message='A document may have 32768 characters.')],
            },
        ),
        migrations.CreateModel(
            name='TrustedDocument',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('document_id', models.CharField(help_text='The id in the manifest.', max_length=200, unique=True)),
                ('text', models.TextField(help_text='The document, as in the manifest.')),
                ('digest', models.CharField(db_index=True, help_text='SHA-256 of the document in normal form, in hexadecimal.', max_length=64)),
                ('created_date', models.DateTimeField(auto_now_add=True, db_default=django.db.models.functions.datetime.Now(), help_text='When it was first trusted.')),
            ],
            options={
                'constraints': [models.CheckConstraint(condition=models.Q(('digest__regex', '^[0-9a-f]{64}$')), name='trusted_document_digest_is_sha256', violation_error_message='The digest must be SHA-256 in hexadecimal.')],
            },
        ),
    ]
