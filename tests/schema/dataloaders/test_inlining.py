"""SQL with its values in it."""

import os
import subprocess
import sys

import pytest
from django.conf import settings

PROGRAM = r"""
import django
django.setup()
from courses.models import User
from schema.dataloaders.inlining import sql_of
print(sql_of(User.objects.filter(username__regex=r"it's [\u0001-\u0020]").values("id")))
"""


@pytest.mark.slow
def test_a_value_is_quoted_the_same_in_a_process_that_has_opened_no_session() -> None:
    told = subprocess.run(
        [sys.executable, "-c", PROGRAM],
        cwd=settings.BASE_DIR,
        env=os.environ | {"DJANGO_SETTINGS_MODULE": "config.settings"},
        capture_output=True,
        text=True,
        check=True,
    )
    assert told.stdout.endswith(r"""::text ~ 'it''s [\u0001-\u0020]'""" + "\n")
