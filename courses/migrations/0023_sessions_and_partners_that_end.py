"""Triggers that tell of sessions that end, and of partners who may do less, so that live updates by them end at once."""

from django.db import migrations

CREATE = """
CREATE FUNCTION courses_tell_session_ended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('courses_changes', 'session:' || md5(OLD.session_key));
    RETURN NULL;
END $$;
CREATE FUNCTION courses_tell_partner_changed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('courses_changes', 'credentials:' || person)
    FROM (
        SELECT OLD.owner_id UNION SELECT user_id FROM allauth_idp_oidc_token WHERE client_id = OLD.id AND type = 'at'
    ) AS acting (person)
    WHERE person IS NOT NULL;
    RETURN NULL;
END $$;

CREATE TRIGGER session_ends AFTER DELETE ON django_session
    FOR EACH ROW WHEN (OLD.expire_date > now())
    EXECUTE FUNCTION courses_tell_session_ended();
CREATE TRIGGER partner_changes AFTER UPDATE OF scopes, owner_id ON allauth_idp_oidc_client
    FOR EACH ROW WHEN ((OLD.scopes, OLD.owner_id) IS DISTINCT FROM (NEW.scopes, NEW.owner_id))
    EXECUTE FUNCTION courses_tell_partner_changed();
CREATE TRIGGER partner_token_changes AFTER UPDATE ON allauth_idp_oidc_token
    FOR EACH ROW WHEN (OLD.type = 'at' AND OLD IS DISTINCT FROM NEW)
    EXECUTE FUNCTION courses_tell_credentials_ended();
"""
DROP = """
DROP TRIGGER partner_token_changes ON allauth_idp_oidc_token;
DROP TRIGGER partner_changes ON allauth_idp_oidc_client;
DROP TRIGGER session_ends ON django_session;
DROP FUNCTION courses_tell_partner_changed();
DROP FUNCTION courses_tell_session_ended();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("courses", "0022_left_behind"),
        ("allauth_idp_oidc", "0001_initial"),
        ("sessions", "0001_initial"),
    ]

    operations = [migrations.RunSQL(CREATE, DROP)]
