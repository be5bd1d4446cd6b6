"""Rules of LTI Assignment and Grade Services 2.0 for a Score, checked independently of what writes it.

Words in quotes are headings below "Score publish service" of the "Learning Tools Interoperability (LTI) Assignment and
Grade Services Specification", version 2.0.
"""

import re
from typing import Any

TIMESTAMP = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d+(Z|[+-]\d\d:\d\d)")


def check_score(score: Any) -> None:
    # "Score service media type and schema": the members, of which these are required
    assert {"userId", "activityProgress", "gradingProgress", "timestamp"} <= score.keys()
    assert score.keys() <= {
        "userId", "activityProgress", "gradingProgress", "timestamp", "scoreGiven", "scoreMaximum", "comment",
    }  # fmt: skip
    assert isinstance(score["userId"], str)
    assert score["userId"]
    # "timestamp": ISO 8601 with sub-second precision, and a time zone
    assert TIMESTAMP.fullmatch(score["timestamp"])
    # "activityProgress"
    assert score["activityProgress"] in {"Initialized", "Started", "InProgress", "Submitted", "Completed"}
    # "gradingProgress"
    assert score["gradingProgress"] in {"FullyGraded", "Pending", "PendingManual", "Failed", "NotReady"}
    # "scoreGiven and scoreMaximum": the one is at least 0, and never without the other, which is positive
    assert ("scoreGiven" in score) == ("scoreMaximum" in score)
    if "scoreGiven" in score:
        assert type(score["scoreGiven"]) in (int, float)
        assert score["scoreGiven"] >= 0
        assert score["scoreMaximum"] > 0
