"""Triggers that tell of credentials that end, so that live updates by them end at once, whoever ends them."""

from django.db import migrations

CREATE = """
CREATE FUNCTION courses_tell_credentials_ended() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    PERFORM pg_notify('courses_changes', 'credentials:' || person)
    FROM (
        SELECT CASE TG_TABLE_NAME
            WHEN 'courses_user' THEN to_jsonb(OLD) ->> 'id'
            WHEN 'courses_accesstoken' THEN to_jsonb(OLD) ->> 'user_id'
            ELSE coalesce(to_jsonb(OLD) ->> 'user_id', (
                SELECT owner_id::text FROM allauth_idp_oidc_client WHERE id = to_jsonb(OLD) ->> 'client_id'
            ))
        END AS person
    ) AS whose
    WHERE person IS NOT NULL;
    RETURN NULL;
END $$;

CREATE TRIGGER access_token_ends AFTER UPDATE OF revoked_at, expires_at, scopes ON courses_accesstoken
    FOR EACH ROW WHEN ((OLD.revoked_at, OLD.expires_at, OLD.scopes)
        IS DISTINCT FROM (NEW.revoked_at, NEW.expires_at, NEW.scopes))
    EXECUTE FUNCTION courses_tell_credentials_ended();
CREATE TRIGGER access_token_is_deleted AFTER DELETE ON courses_accesstoken
    FOR EACH ROW EXECUTE FUNCTION courses_tell_credentials_ended();
CREATE TRIGGER partner_token_is_deleted AFTER DELETE ON allauth_idp_oidc_token
    FOR EACH ROW WHEN (OLD.type = 'at') EXECUTE FUNCTION courses_tell_credentials_ended();
CREATE TRIGGER person_is_shut_out AFTER UPDATE OF is_active, password ON courses_user
    FOR EACH ROW WHEN ((OLD.is_active, OLD.password) IS DISTINCT FROM (NEW.is_active, NEW.password))
    EXECUTE FUNCTION courses_tell_credentials_ended();
"""
DROP = """
DROP TRIGGER person_is_shut_out ON courses_user;
DROP TRIGGER partner_token_is_deleted ON allauth_idp_oidc_token;
DROP TRIGGER access_token_is_deleted ON courses_accesstoken;
DROP TRIGGER access_token_ends ON courses_accesstoken;
DROP FUNCTION courses_tell_credentials_ended();
"""


class Migration(migrations.Migration):
    dependencies = [("courses", "0020_documents"), ("allauth_idp_oidc", "0001_initial")]

    operations = [migrations.RunSQL(CREATE, DROP)]
