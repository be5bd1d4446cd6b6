"""Tokens, and partners with theirs, keep what they could do: reading notes, and notifications, has scopes of its own now.

Rows are widened in batches, each in a transaction of its own, so nobody waits for long. Running it again changes
nothing more.
"""

from django.db import migrations, transaction

ADDED = {"notes:write": ["notes:read"], "courses:write": ["notifications:read", "notifications:write"]}
BATCH = 1_000


def added(scopes):
    """Return the scopes that some of these comprised before."""
    return [scope for old, new in ADDED.items() if old in scopes for scope in new if scope not in scopes]


def widened_list(scopes):
    """Return scopes as access tokens have them: a sorted array."""
    return sorted([*scopes, *added(scopes)])


def widened_lines(scopes):
    """Return scopes as partners and their tokens have them: one a line."""
    return "\n".join([scopes.rstrip(), *added([line.strip() for line in scopes.split("\n")])])


def widen_all(model, **widened):
    """Widen columns of all rows, each by the function of its name."""
    last = None
    while batch := widen_batch(model, last, widened):
        last = batch[-1].pk


@transaction.atomic
def widen_batch(model, last, widened):
    """Widen the next rows behind `last`; return them."""
    rows = model.objects.order_by("pk").select_for_update().only("pk", *widened)
    batch = list((rows if last is None else rows.filter(pk__gt=last))[:BATCH])
    changed = []
    for row in batch:
        after = {name: widen(getattr(row, name)) for name, widen in widened.items()}
        if any(getattr(row, name) != value for name, value in after.items()):
            vars(row).update(after)
            changed.append(row)
    model.objects.bulk_update(changed, list(widened))
    return batch


def keep_what_they_could_do(apps, schema_editor):
    widen_all(apps.get_model("courses", "AccessToken"), scopes=widened_list)
    widen_all(
        apps.get_model("allauth_idp_oidc", "Client"), scopes=widened_lines, default_scopes=widened_lines
    )
    widen_all(apps.get_model("allauth_idp_oidc", "Token"), scopes=widened_lines)


class Migration(migrations.Migration):
    atomic = False

    dependencies = [
        ("courses", "0015_roster"),
        ("allauth_idp_oidc", "0003_client_allow_uri_wildcards"),
    ]

    operations = [migrations.RunPython(keep_what_they_could_do, migrations.RunPython.noop)]
