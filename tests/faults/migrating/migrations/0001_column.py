from django.db import migrations


class Migration(migrations.Migration):
    operations = [
        migrations.RunSQL(
            "ALTER TABLE courses_attemptanswer ADD COLUMN moved integer",
            "ALTER TABLE courses_attemptanswer DROP COLUMN moved",
        )
    ]
