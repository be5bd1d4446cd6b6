"""The table of last writes, whose rows are worth nothing after a crash and so need no write-ahead log."""

from django.db import migrations

CREATE = """
CREATE UNLOGGED TABLE courses_lastwrite (
    person_id bigint PRIMARY KEY,
    timeline integer NOT NULL,
    byte pg_lsn NOT NULL,
    noted_at timestamptz NOT NULL
) WITH (fillfactor = 50)
"""


class Migration(migrations.Migration):
    dependencies = [("courses", "0029_traces_of_events")]

    operations = [migrations.RunSQL(CREATE, "DROP TABLE courses_lastwrite")]
