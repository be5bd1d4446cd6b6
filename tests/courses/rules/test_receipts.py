"""Receipts: what changes them and what does not."""

import hashlib

from courses.rules.receipts import ReceiptEntry, digest

ENTRIES: list[ReceiptEntry] = [
    {"attempt": "A", "question": "1", "response": {"text": "café", "choices": None}},
    {"attempt": "A", "question": "2", "response": None},
]


def test_a_receipt_is_the_sha_256_of_canonical_json():
    canonical = (
        '[{"attempt":"A","question":"1","response":{"choices":null,"text":"café"}},'
        '{"attempt":"A","question":"2","response":null}]'
    )

    assert digest(ENTRIES) == hashlib.sha256(canonical.encode("utf-8")).hexdigest()


def test_the_order_of_members_does_not_change_a_receipt():
    reordered: list[ReceiptEntry] = [
        {"response": entry["response"], "question": entry["question"], "attempt": entry["attempt"]}
        for entry in ENTRIES
    ]

    assert digest(reordered) == digest(ENTRIES)


def test_the_order_of_questions_and_every_response_change_a_receipt():
    changed: list[ReceiptEntry] = [{**ENTRIES[0], "response": {"text": "cafe"}}, ENTRIES[1]]

    assert len({digest(ENTRIES), digest(ENTRIES[::-1]), digest(changed), digest([])}) == 4
