"""A wrong setting is named in one line that says what is wrong with it, before anything is touched."""

from functools import partial
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from django.core.exceptions import ImproperlyConfigured

from config import addresses
from config.environment import Environment, same_site
from config.kept_secrets import new_signing_key, rsa_key
from tests.config.deployments import manage

WRONG = {
    "CACHE_URL": "carrier-pigeon://",
    "COURSES_ALLOWED_HOSTS": "https://courses.example",
    "COURSES_CORS_ORIGINS": "https://app.example,*",
    "COURSES_DEFAULT_PAGE_SIZE": "101",
    "COURSES_EMAIL_FROM": "courses",
    "COURSES_EMAIL_URL": "post://letter",
    "COURSES_FRONTEND_URL": "learn.example",
    "COURSES_HTTPS": "maybe",
    "COURSES_LISTEN_URL": "nonsense",
    "COURSES_MAX_DEPTH": "abc",
    "COURSES_PUBLIC_URL": "courses.example",
    "COURSES_REPLICA_LAG_SECONDS": "0",
    "COURSES_REPLICA_URLS": "postgres://courses:secret@db2/courses,postgres://courses:secret@db3",
    "COURSES_REQUEST_DEADLINE_SECONDS": "10s",
    "COURSES_SESSION_SAMESITE": "None",
    "COURSES_SIGNING_KEY": "none",
    "COURSES_STATEMENT_TIMEOUT_MS": "0",
    "COURSES_TRUSTED_DOCUMENTS": "maybe",
    "COURSES_TRUSTED_ORIGINS": "courses.example",
    "COURSES_TRUSTED_PROXIES": "10.0.0.0/8, 10.0.0.0/99",
    "DATABASE_URL": "mysql://courses:secret@db/courses",
}
LINES = """\
COURSES_ALLOWED_HOSTS: 'https://courses.example' is not a host name such as courses.example.
COURSES_CORS_ORIGINS: '*' is not an origin as browsers send it, such as https://courses.example.
COURSES_TRUSTED_ORIGINS: 'courses.example' is not an origin such as https://courses.example.
COURSES_HTTPS: 'maybe' is neither on nor off.
COURSES_PUBLIC_URL: 'courses.example' is not an address such as https://courses.example.
COURSES_STATEMENT_TIMEOUT_MS: must be at least 1, not 0.
COURSES_REQUEST_DEADLINE_SECONDS: '10s' is not a number.
COURSES_MAX_DEPTH: 'abc' is not a whole number.
COURSES_TRUSTED_DOCUMENTS: 'maybe' is none of only, also, off.
COURSES_DEFAULT_PAGE_SIZE: must be at most 100, not 101.
COURSES_TRUSTED_PROXIES: '10.0.0.0/99' is not a network such as 10.0.0.0/8.
DATABASE_URL: must name a PostgreSQL database, such as postgres://user:password@host/name.
COURSES_REPLICA_URLS: names no database. Write postgres://user:password@host/name.
COURSES_REPLICA_LAG_SECONDS: must be more than 0, not 0.
COURSES_LISTEN_URL: is no address such as postgres://user:password@host/name.
CACHE_URL: must begin with one of dbcache://, rediscache://, redis://, rediss://, pymemcache://, pylibmc://, \
filecache://, locmemcache://, dummycache://.
COURSES_FRONTEND_URL: 'learn.example' is not an address such as https://courses.example.
COURSES_SIGNING_KEY: is no RSA private key in PEM, without a passphrase and of 2048 bits or more.
COURSES_EMAIL_URL: is no address such as smtp+tls://user:password@host:587.
COURSES_EMAIL_FROM: 'courses' is not an address such as courses@courses.example.
COURSES_SESSION_SAMESITE: None needs COURSES_HTTPS=on: browsers drop such a cookie without Secure.
"""


@pytest.mark.slow
@pytest.mark.parametrize("command", ["serve", "migrate"])
def test_every_wrong_setting_is_named_in_a_line_and_nothing_is_begun(command: str, tmp_path: Path) -> None:
    data = tmp_path / "data"

    assert manage(data, command, **WRONG) == (1, "", LINES)
    assert not data.exists()


@pytest.mark.slow
def test_a_name_that_nothing_reads_is_told_with_the_nearest_that_is(tmp_path: Path) -> None:
    code, _, said = manage(
        tmp_path, "version", COURSES_MAX_DEPHT="9", COURSES_COLOUR="blue", COURSES_DEBUG="off"
    )

    assert code == 0
    assert said == (
        "COURSES_COLOUR is no setting and is ignored.\n"
        "COURSES_MAX_DEPHT is no setting and is ignored. Did you mean COURSES_MAX_DEPTH?\n"
    )


def read(reader: str, value: str, **options: Any) -> Any:
    """What a reader makes of a value, or the line that names it wrong."""
    env = Environment({"COURSES_IT": value})
    found = getattr(env, reader)("COURSES_IT", **options)
    try:
        env.check()
    except ImproperlyConfigured as wrong:
        return str(wrong)
    return found


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("on", True), ("TRUE", True), (" yes ", True), ("1", True),
        ("off", False), ("False", False), ("no", False), ("0", False),
        ("maybe", "COURSES_IT: 'maybe' is neither on nor off."),
        ("2", "COURSES_IT: '2' is neither on nor off."),
        ("", True),
    ],
)  # fmt: skip
def test_a_switch_is_on_or_off(value: str, expected: Any) -> None:
    assert read("bool", value, default=True) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("3", 3), (" 3 ", 3), ("", 7),
        ("0", "COURSES_IT: must be at least 1, not 0."),
        ("-4", "COURSES_IT: must be at least 1, not -4."),
        ("10", "COURSES_IT: must be at most 9, not 10."),
        ("3.5", "COURSES_IT: '3.5' is not a whole number."),
        ("3ms", "COURSES_IT: '3ms' is not a whole number."),
    ],
)  # fmt: skip
def test_a_limit_is_a_whole_number_from_one_on(value: str, expected: Any) -> None:
    assert read("int", value, default=7, maximum=9) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("Night School", "Night School"),
        (" École n° 1 ", "École n° 1"),
        ("", "Courses"),
        (
            "Night\nBcc: eve@example.org",
            "COURSES_IT: 'Night\\nBcc: eve@example.org' must be one line of text.",
        ),
    ],
)
def test_a_name_is_one_line(value: str, expected: Any) -> None:
    assert read("line", value, default="Courses") == expected


def test_zero_is_allowed_where_it_means_something() -> None:
    assert read("int", "0", default=7, minimum=0) == 0
    assert read("int", "-1", default=7, minimum=0) == "COURSES_IT: must be at least 0, not -1."


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("2.5", 2.5), ("1e1", 10.0), ("", 7.0),
        ("0", "COURSES_IT: must be more than 0, not 0."),
        ("-1", "COURSES_IT: must be more than 0, not -1."),
        ("nan", "COURSES_IT: must be more than 0, not nan."),
        ("inf", "COURSES_IT: must be more than 0, not inf."),
        ("10abc", "COURSES_IT: '10abc' is not a number."),
    ],
)  # fmt: skip
def test_seconds_are_a_number_above_zero(value: str, expected: Any) -> None:
    assert read("float", value, default=7.0) == expected


def test_a_directory_need_not_be_there_but_a_file_is_none(tmp_path: Path) -> None:
    file = tmp_path / "file"
    file.touch()

    assert read("path", str(tmp_path / "new"), default=tmp_path) == tmp_path / "new"
    assert read("path", "", default=tmp_path) == tmp_path
    assert read("path", str(file), default=tmp_path) == f"COURSES_IT: '{file}' is not a directory."


NO_HOST = "COURSES_IT: {!r} is not a host name such as courses.example."
NO_ORIGIN = "COURSES_IT: {!r} is not an origin such as https://courses.example."
NO_NETWORK = "COURSES_IT: {!r} is not a network such as 10.0.0.0/8."


@pytest.mark.parametrize(
    ("kind", "value", "expected"),
    [
        (addresses.host, "courses.example, .courses.example,*", ["courses.example", ".courses.example", "*"]),
        (addresses.host, "[::1],10.0.0.1", ["[::1]", "10.0.0.1"]),
        (addresses.host, "courses.example:8000", NO_HOST),
        (addresses.host, "courses.example/graphql", NO_HOST),
        (
            addresses.origin,
            "https://a.example,http://b.example:81",
            ["https://a.example", "http://b.example:81"],
        ),
        (addresses.origin, "https://*.courses.example", ["https://*.courses.example"]),
        (addresses.origin, "https://courses.example/", NO_ORIGIN),
        (addresses.origin, "ftp://courses.example", NO_ORIGIN),
        (addresses.origin, "https://courses.example:port", NO_ORIGIN),
        (addresses.origin, "https://[courses.example", NO_ORIGIN),
        (addresses.network, "10.0.0.0/8, 192.168.1.7,::1", ["10.0.0.0/8", "192.168.1.7", "::1"]),
        (addresses.network, "proxy.example", NO_NETWORK),
        (addresses.network, "10.0.0.300", NO_NETWORK),
    ],
)
def test_lists_are_separated_by_commas_and_each_entry_is_looked_at(
    kind: Any, value: str, expected: Any
) -> None:
    if isinstance(expected, str):
        expected = expected.format(value)
    assert read("list", value, default=[], by=kind) == expected


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("*", ["*"]),
        ("https://a.example, http://localhost:5173,", ["https://a.example", "http://localhost:5173"]),
        ("http://[::1]:81,https://xn--pp-wia.example", ["http://[::1]:81", "https://xn--pp-wia.example"]),
    ],
)
def test_origins_of_pages_are_a_list_or_an_asterisk(value: str, expected: list[str]) -> None:
    assert read("parsed", value, default=[], by=addresses.origins_of_pages) == expected


@pytest.mark.parametrize(
    "value",
    [
        "null", "courses.example", "https://", "https://a.example/", "https://a.example:443", "http://a.example:80",
        "https://A.example", "HTTPS://a.example", "https://*.a.example", "https://äpp.example", "ftp://a.example",
        "https://a.example:port", "https://someone@a.example", "https://a.example?", "https://a.example:",
    ],
)  # fmt: skip
def test_an_origin_that_no_browser_sends_is_refused(value: str) -> None:
    line = f"COURSES_IT: {value!r} is not an origin as browsers send it, such as https://courses.example."

    assert read("parsed", f"https://b.example,{value}", default=[], by=addresses.origins_of_pages) == line


@pytest.mark.parametrize(
    ("value", "is_secure", "expected"),
    [
        ("lax", False, "Lax"), ("STRICT", False, "Strict"), ("none", True, "None"), ("", False, "Lax"),
        ("None", False, "COURSES_IT: None needs COURSES_HTTPS=on: browsers drop such a cookie without Secure."),
        ("off", True, "COURSES_IT: 'off' is none of Lax, Strict, None."),
    ],
)  # fmt: skip
def test_the_cookies_of_a_session_have_a_site(value: str, is_secure: bool, expected: str) -> None:
    assert read("parsed", value, default="Lax", by=partial(same_site, is_secure=is_secure)) == expected


def test_an_address_of_the_front_end_has_no_slash_at_its_end() -> None:
    assert addresses.web_address("https://courses.example/learn/") == "https://courses.example/learn"


NO_DATABASE = "is no address such as postgres://user:password@host/name."


@pytest.mark.parametrize(
    ("value", "sentence"),
    [
        ("nonsense", "must name a PostgreSQL database, such as postgres://user:password@host/name."),
        (
            "sqlite:///courses.db",
            "must name a PostgreSQL database, such as postgres://user:password@host/name.",
        ),
        ("postgres://app:secret@db:port/courses", NO_DATABASE),
        ("postgres://app:secret@db/courses?colour=blue", NO_DATABASE),
        ("postgres://app:secret@db/courses?ATOMIC_REQUESTS=maybe", "'maybe' is neither on nor off."),
        ("postgres://app:secret@db", "names no database. Write postgres://user:password@host/name."),
    ],
)
def test_a_database_url_that_is_none_is_refused_without_showing_the_password(
    value: str, sentence: str
) -> None:
    assert read("parsed", value, default=None, by=addresses.postgresql) == f"COURSES_IT: {sentence}"


@pytest.mark.parametrize("password", ["se[cret", "sec#ret", "sec%2Fret"])
def test_a_password_may_have_any_characters(password: str) -> None:
    named = addresses.postgresql(f"postgres://app:{password}@db/courses")

    assert (named["PASSWORD"], named["HOST"], named["NAME"]) == (unquote(password), "db", "courses")


@pytest.mark.parametrize(("value", "expected"), [("true", True), ("False", False), ("off", False)])
def test_a_database_url_may_set_what_postgresql_and_django_know(value: str, expected: bool) -> None:
    options = f"sslmode=require&assume_role=app&DISABLE_SERVER_SIDE_CURSORS={value}"

    named = addresses.postgresql(f"postgres://db/courses?{options}")

    assert named["OPTIONS"] == {"sslmode": "require", "assume_role": "app"}
    assert named["DISABLE_SERVER_SIDE_CURSORS"] is expected


@pytest.mark.parametrize("value", ["postgresql://app:secret@db:5432/courses", "host=db dbname=courses"])
def test_a_listening_address_is_what_postgresql_takes(value: str) -> None:
    assert read("parsed", value, default="", by=addresses.listening) == value


@pytest.mark.parametrize("value", ["postgresql://db:port/courses", "host", "hots=db"])
def test_a_listening_address_that_is_none_is_refused(value: str) -> None:
    assert read("parsed", value, default="", by=addresses.listening) == f"COURSES_IT: {NO_DATABASE}"


def test_a_cache_needs_its_package_and_its_table() -> None:
    assert read("parsed", "redis://cache:6379/0", default=None, by=addresses.cache) == (
        "COURSES_IT: needs the Python package redis, which is not installed."
    )
    assert read("parsed", "dbcache://", default=None, by=addresses.cache) == (
        "COURSES_IT: names no table. Write dbcache://django_cache."
    )


@pytest.mark.parametrize("value", ["smtp+tls://user:password@host:port", "host:25", "smtp://"])
def test_a_way_to_send_mail_that_is_none_is_refused(value: str) -> None:
    line = read("parsed", value, default=None, by=addresses.mail)
    assert line.startswith("COURSES_IT: ")
    assert line.endswith(" smtp+tls://user:password@host:587.")
    assert "user:password@host:port" not in line


def pem(key: Any, passphrase: bytes | None = None) -> str:
    encryption = (
        serialization.BestAvailableEncryption(passphrase) if passphrase else serialization.NoEncryption()
    )
    encoded: bytes = key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, encryption
    )
    return encoded.decode()


def test_a_signing_key_is_an_rsa_key_of_two_thousand_bits_that_opens_by_itself() -> None:
    good, key = new_signing_key(), rsa.generate_private_key(public_exponent=65537, key_size=2048)
    short = rsa.generate_private_key(public_exponent=65537, key_size=1024)  # noqa: S505 - that is the point

    assert rsa_key(good) == good
    assert rsa_key(good.replace("\n", "\\n")) == good
    for wrong in ("", "none", pem(key, b"secret"), pem(short), pem(ec.generate_private_key(ec.SECP256R1()))):
        with pytest.raises(ValueError, match=r"^is no RSA private key in PEM"):
            rsa_key(wrong)
