"""The table of cost buckets, whose rows are worth nothing after a crash and so need no write-ahead log."""

from django.db import migrations

CREATE = """
CREATE UNLOGGED TABLE courses_costbucket (
    owner varchar(200) PRIMARY KEY,
    spent numeric NOT NULL,
    is_granted boolean NOT NULL,
    measured_at timestamptz NOT NULL
) WITH (fillfactor = 50)
"""


class Migration(migrations.Migration):
    dependencies = [("courses", "0001_initial")]

    operations = [migrations.RunSQL(CREATE, "DROP TABLE courses_costbucket")]
