"""People of the demonstration: five with a role to try out, and those who learn beside them."""

import json
from pathlib import Path
from typing import Any

from django.contrib.auth.models import Permission

from courses.models import User

FILE = Path(__file__).with_name("people.json")

ROLES: dict[str, dict[str, Any]] = {
    "learner": {},
    "classmate": {},
    "instructor": {},
    "moderator": {"is_staff": True},
    "admin": {"is_staff": True, "is_superuser": True},
}

WHAT_THEY_DO = {
    "learner": "takes the courses",
    "classmate": "has taken them",
    "instructor": "teaches them",
    "moderator": "moderates the reviews",
    "admin": "looks after everything",
}


def password_of(username: str) -> str:
    """Return the password of one of the five: known to everybody, which is why `demo` is not for production."""
    return f"{username}-demo"


def load_people() -> dict[str, User]:
    """Create everybody, and return them by user name. Only the five with a role can sign in."""
    listed = json.loads(FILE.read_text(encoding="utf-8"))
    people = {}
    for person in (*listed["fixed"], *listed["learners"]):
        name = person["username"]
        people[name] = User.objects.create_user(
            email=f"{name}@example.org",
            password=password_of(name) if name in ROLES else None,
            is_vouched_for=True,
            **person,
            **ROLES.get(name, {}),
        )
    may_teach = Permission.objects.get(content_type__app_label="courses", codename="add_course")
    people["instructor"].user_permissions.add(may_teach)
    return people
