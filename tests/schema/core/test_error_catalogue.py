"""The page of all errors, docs/errors.md: complete, and what the code says today."""

from django.conf import settings

from courses.exceptions import Refusal
from schema.core.error_catalogue import page
from schema.core.error_codes import MAY_BE_RETRIED, ErrorCode


def row_of(code: str, part: str) -> list[str]:
    """The cells of the row of `code` in the part of the page with this heading."""
    table = page().partition(f"## {part}\n")[2].partition("\n## ")[0]
    [row] = [line for line in table.splitlines() if line.startswith(f"| `{code}`")]
    return [cell.strip() for cell in row.strip("| ").split(" | ")]


def test_the_committed_page_is_what_the_code_says() -> None:
    committed = (settings.BASE_DIR / "docs" / "errors.md").read_text(encoding="utf-8")

    assert committed == page(), "run `uv run python -m schema.core.error_catalogue > docs/errors.md`"


def test_every_error_has_its_status_its_meaning_a_remedy_and_whether_to_retry() -> None:
    for code in ErrorCode:
        _name, status, meaning, remedy, retry = row_of(code.name, "Errors")
        assert (int(status), meaning) == (code.status, code.sentence)
        assert remedy.endswith(".")
        assert remedy != meaning
        assert retry.startswith("yes") == (code in MAY_BE_RETRIED)


def test_every_user_error_has_its_meaning_and_what_the_person_is_told() -> None:
    for refusal in Refusal.__subclasses__():
        _name, meaning, message = row_of(refusal.code, "User errors")
        assert meaning.endswith(".")
        assert message == refusal.message


def test_one_status_and_one_sentence_are_one_code() -> None:
    """Enum members of equal values would be one member under two names."""
    assert len({(code.status, code.sentence) for code in ErrorCode}) == len(ErrorCode.__members__)
