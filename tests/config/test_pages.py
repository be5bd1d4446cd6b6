"""The pages for people: they name the site, need no script, and tie what is wrong to the field it is about."""

import re
from html.parser import HTMLParser

import pytest
from django.http import HttpResponse
from django.template.loader import render_to_string
from django.test import Client
from django.views.defaults import server_error

from tests.config.conftest import PASSWORD, Answer, Browser
from tests.config.oauth import make_partner
from tests.config.test_partner_consent import ASKED
from tests.factories import make_user

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("quick_passwords")]

FOR_VISITORS = (
    "accounts/login/",
    "accounts/signup/",
    "accounts/password/reset/",
    "accounts/password/reset/done/",
    "accounts/password/reset/key/1-used/",
    "accounts/password/reset/key/done/",
    "accounts/confirm-email/",
    "accounts/confirm-email/expired/",
    "accounts/inactive/",
    "identity/o/authorize?response_type=token",
    "nowhere",
)
FOR_PEOPLE = (
    "accounts/logout/",
    "accounts/email/",
    "accounts/password/change/",
    "accounts/reauthenticate/",
    "identity/o/logout",
)


class Page(HTMLParser):
    """What stands in a page: its elements in order, and the text inside each."""

    def __init__(self, response: HttpResponse | Answer) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: list[list[str]] = []
        self._open: list[int] = []
        self.feed(response.content.decode())

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        self.texts.append([])
        if tag not in ("input", "meta", "link", "img"):
            self._open.append(len(self.elements) - 1)

    def handle_endtag(self, tag: str) -> None:
        self._open.pop()

    def handle_data(self, data: str) -> None:
        for index in self._open:
            self.texts[index].append(data)

    def text_of(self, tag: str, **attributes: str) -> list[str]:
        """The text of each element of that kind, its white space made single."""
        return [
            " ".join(" ".join(text).split())
            for (found, having), text in zip(self.elements, self.texts, strict=True)
            if found == tag and attributes.items() <= having.items()
        ]

    def all(self, tag: str) -> list[dict[str, str | None]]:
        return [attributes for found, attributes in self.elements if found == tag]


def wears_the_sites_clothes(response: HttpResponse | Answer) -> None:
    page = Page(response)
    assert page.text_of("title")[0].endswith(" · Night School")
    assert page.text_of("a", href="/") == ["Night School"]
    assert len(page.text_of("h1")) == 1
    assert page.all("html") == [{"lang": "en"}]
    assert {"rel": "stylesheet", "href": "/static/site/pages.css"} in page.all("link")
    assert not [tag for tag, having in page.elements if tag in ("script", "style") or "style" in having]
    assert "testserver" not in response.content.decode()


@pytest.fixture(autouse=True)
def named(settings):
    settings.SITE_NAME = "Night School"


@pytest.fixture
def ada(browser: Browser) -> Browser:
    """The browser of somebody who is signed in."""
    make_user(username="ada", password=PASSWORD, email="ada@example.org")
    browser.sign_in("ada")
    return browser


# ---------------------------------------------------------------- one look


@pytest.mark.parametrize("path", FOR_VISITORS)
def test_a_page_for_visitors_belongs_to_the_site(path):
    wears_the_sites_clothes(Client().get(f"/{path}"))


@pytest.mark.parametrize("path", FOR_PEOPLE)
def test_a_page_for_people_belongs_to_the_site(ada, path):
    wears_the_sites_clothes(ada.http.get(f"/{path}"))


def test_a_form_that_came_too_late_says_what_to_do():
    response = Client(enforce_csrf_checks=True).post("/accounts/login/")

    assert response.status_code == 403
    wears_the_sites_clothes(response)
    assert Page(response).text_of("h1") == ["Please send the form again"]


def test_too_many_tries_are_told_so(settings):
    settings.ACCOUNT_RATE_LIMITS = {"reset_password": "1/m/ip"}
    answers = [Client().post("/accounts/password/reset/", {"email": "ada@example.org"}) for _ in range(2)]

    assert answers[1].status_code == 429
    wears_the_sites_clothes(answers[1])


def test_a_failure_is_told_without_asking_the_database(rf, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = server_error(rf.get("/"))

    wears_the_sites_clothes(response)


@pytest.mark.parametrize("template", ["400.html", "403.html"])
def test_other_refusals_belong_to_the_site(template):
    wears_the_sites_clothes(HttpResponse(render_to_string(template)))


def test_the_bare_address_leads_to_graphiql():
    response = Client().get("/")

    assert (response.status_code, response["Location"]) == (302, "/graphql/")


# ---------------------------------------------------------------- forms


def test_signing_in_by_name_or_address_is_asked_for_in_words():
    page = Page(Client().get("/accounts/login/"))

    assert page.text_of("label", **{"for": "id_login"}) == ["User name or e-mail address"]
    assert {field["name"]: field.get("autocomplete") for field in page.all("input")} == {
        "csrfmiddlewaretoken": None,
        "login": "username",
        "password": "current-password",
        "remember": None,
    }


def test_what_is_wrong_is_tied_to_its_field():
    page = Page(
        Client().post(
            "/accounts/signup/", {"email": "ada@example.org", "username": "ada", "password1": "12345678"}
        )
    )

    password = next(field for field in page.all("input") if field["name"] == "password1")
    assert password["aria-invalid"] == "true"
    assert password["aria-describedby"] == "id_password1_helptext id_password1_error"
    assert page.text_of("ul", id="id_password1_error") == [
        "This password is too common. This password is entirely numeric."
    ]


def test_every_field_has_a_label(ada):
    for path in ("accounts/signup/", "accounts/email/", "accounts/password/change/"):
        page = Page((Client() if "signup" in path else ada.http).get(f"/{path}"))
        labelled = {label.get("for") for label in page.all("label")}
        fields = {field["id"] for field in page.all("input") if field.get("type") != "hidden"}
        assert fields == labelled, path


# ---------------------------------------------------------------- consent


def test_the_consent_page_says_who_asks_for_what(ada):
    make_partner(scopes=("openid", "courses:read", "attempts:read"))

    response = ada.http.get("/identity/o/authorize", ASKED)

    wears_the_sites_clothes(response)
    page = Page(response)
    assert page.text_of("h1") == ["Let Partner use your Night School account?"]
    assert page.text_of("strong") == ["ada"]
    assert page.text_of("legend") == ["Partner will be able to"]
    assert page.text_of("label") == [
        "Read attempts and results",
        "Read courses, lessons, assessments, reviews and people",
        "View your user ID",
    ]
    assert page.text_of("button") == ["Allow", "Cancel"]
    assert page.text_of("p")[-1] == "Either way you are sent back to Partner at partner.example."


def test_a_partner_cannot_write_into_the_page_by_its_name(ada):
    partner = make_partner(scopes=("courses:read",))
    partner.name = "<b>Partner</b>"
    partner.save()

    page = Page(ada.http.get("/identity/o/authorize", ASKED | {"scope": "courses:read"}))

    assert page.all("b") == []
    assert page.text_of("legend") == ["<b>Partner</b> will be able to"]


# ---------------------------------------------------------------- mails


def test_mails_name_the_site_and_its_address_in_links_only(settings, mailoutbox):
    settings.ACCOUNT_EMAIL_SUBJECT_PREFIX = "[Night School] "
    make_user(username="grace", password=PASSWORD, email="grace@example.org")
    Browser().account(
        "POST", "auth/signup", email="ada@example.org", username="ada", password="long enough, ada"
    )
    Browser().account("POST", "auth/password/request", email="grace@example.org")

    assert [mail.subject for mail in mailoutbox] == [
        "[Night School] Please Confirm Your Email Address",
        "[Night School] Password Reset Email",
    ]
    for mail in mailoutbox:
        assert mail.body.startswith("Hello from Night School!\n")
        assert mail.body.endswith("\nThank you for using Night School!")
        assert "testserver" not in re.sub(r"http://testserver/\S+", "", mail.body)
    assert "ada gave your address for an account at Night School." in mailoutbox[0].body


def test_signing_in_leaves_no_message_for_a_later_page():
    make_user(username="ada", password=PASSWORD, email="ada@example.org")
    client = Client()
    client.post("/accounts/login/", {"login": "ada", "password": PASSWORD})

    assert Page(client.get("/accounts/email/")).all("ul") == []
