"""Every threat that the API was designed against, with the tests that try it.

Tests are named by their sentences, wherever they stand. One that is renamed or removed is missed here, and so is
a threat without any test.
"""

import ast
from functools import cache

import pytest
from django.conf import settings

THREATS: dict[int, tuple[str, ...]] = {
    1: (
        "the answer key, through nested fields",
        "test_only_these_fields_lead_to_the_types_that_hold_the_key",
        "test_a_learner_with_an_open_attempt_finds_no_key_anywhere",
        "test_a_learner_who_has_finished_and_may_try_again_finds_no_key_anywhere",
    ),
    2: ("the answer key, through a filter", "test_nothing_is_filtered_or_sorted_by_a_column_of_the_key"),
    3: (
        "the answer key, through an order",
        "test_nothing_is_filtered_or_sorted_by_a_column_of_the_key",
        "test_nothing_tells_the_authors_order",
        "test_true_stands_before_false_whoever_was_written_first",
    ),
    4: (
        "the answer key, through error texts",
        "test_the_reply_to_a_right_answer_is_the_reply_to_a_wrong_one",
    ),
    5: ("the answer key, through timing", "test_saving_does_the_same_work_whether_right_or_wrong"),
    6: (
        "anything, through node(id)",
        "test_no_id_of_anything_leads_a_stranger_into_a_course_that_is_not_theirs",
        "test_a_learner_with_an_open_attempt_finds_no_key_anywhere",
    ),
    7: (
        "the answer key, through a subscription",
        "test_no_event_of_an_open_attempt_holds_the_key_or_a_result",
        "test_an_attempt_is_watched_by_its_learner_and_the_staff_of_its_course_only",
        "test_credentials_that_have_ended_get_no_further_event",
    ),
    8: (
        "scores, through statistics",
        "test_ones_average_tells_no_score_that_the_assessment_hides",
        "test_no_statistic_changes_with_a_right_or_a_wrong_answer_before_the_end",
        "test_the_statistics_of_a_course_are_for_its_staff",
        "test_who_sees_the_item_analysis",
    ),
    9: (
        "points before the end",
        "test_during_an_attempt_neither_results_nor_key_are_shown",
        "test_results_that_the_assessment_hides_stay_hidden_everywhere",
    ),
    10: (
        "other people's things by their ids",
        "test_what_a_stranger_may_not_know_of_and_what_is_not_there_are_one_answer",
        "test_no_id_of_anything_leads_a_stranger_into_a_course_that_is_not_theirs",
        "test_a_private_note_is_its_owners_and_a_public_one_for_people_of_the_course",
    ),
    11: (
        "more attempts than allowed, by starting at once",
        "test_thirty_two_clicks_make_one_attempt",
        "test_with_a_limit_of_two_there_are_never_more_than_two",
    ),
    12: (
        "more time than allowed",
        "test_after_the_timer_ended_it_every_late_answer_is_refused_with_time_expired",
        "test_a_wrong_clock_of_the_process_decides_nothing",
    ),
    13: (
        "handing in twice",
        "test_handing_in_from_many_tabs_gives_one_result",
        "test_the_second_time_returns_the_same_result",
    ),
    14: (
        "a change after handing in",
        "test_answers_that_race_the_end_are_either_graded_or_refused",
        "test_the_database_itself_keeps_answers_as_they_were_at_the_end",
    ),
    15: (
        "a question or choice of something else",
        "test_what_belongs_elsewhere_or_comes_twice_is_refused_and_nothing_of_the_call_written",
        "test_a_question_of_another_assessment_is_refused",
    ),
    16: (
        "a review of a course never taken",
        "test_whoever_never_took_the_course_is_refused",
        "test_one_person_who_reviews_from_many_tabs_writes_one_review",
        "test_claiming_a_verified_purchase_does_not_make_it_one",
    ),
    17: (
        "two votes, or one for oneself",
        "test_two_votes_of_one_person_in_one_request_count_once",
        "test_one_person_who_votes_from_many_tabs_has_one_vote",
        "test_voting_on_ones_own_review_is_refused",
    ),
    18: (
        "approving one's own review",
        "test_an_author_cannot_give_what_only_others_may_give",
        "test_an_edited_review_waits_for_approval_again_and_is_featured_no_more",
        "test_a_moderator_does_not_decide_on_a_review_of_their_own",
    ),
    19: (
        "writing fields that are not one's to write",
        "test_no_input_takes_what_only_the_server_says",
        "test_what_only_some_may_write_stands_in_their_inputs_alone",
    ),
    20: (
        "depth and circles",
        "test_going_round_in_circles_ends_at_the_depth",
        "test_five_hundred_levels_are_refused_after_no_more_work_than_their_text",
    ),
    21: (
        "an alias bomb",
        "test_two_hundred_aliases_of_one_field_are_refused",
        "test_mutations_do_not_hide_behind_aliases",
        "test_aliases_count_each_time_their_fragment_is_spread",
    ),
    22: ("a directive bomb", "test_a_thousand_unknown_directives_are_refused_with_few_words"),
    23: (
        "a fragment bomb",
        "test_forty_fragments_that_double_each_other_cost_no_more_than_their_text",
        "test_a_measuring_pass_visits_each_fragment_once",
    ),
    24: (
        "fields that are compared pair by pair",
        "test_fifteen_hundred_fields_that_would_be_compared_with_each_other_are_never_validated",
    ),
    25: ("a batch", "test_a_malformed_body_is_refused"),
    26: (
        "a huge page",
        "test_a_page_is_1_to_100_rows_after_a_cursor_of_its_own_list",
        "test_a_list_of_ids_is_at_most_100_long",
    ),
    27: (
        "a huge body",
        "test_more_variables_than_fit_are_refused_before_they_are_read",
        "test_a_body_announced_too_large_is_refused_before_it_is_read",
    ),
    28: ("names told by suggestions", "test_a_mistyped_name_is_corrected_by_published_names_only"),
    29: (
        "another site's page",
        "test_a_post_with_a_cookie_alone_is_refused",
        "test_get_never_mutates",
        "test_a_body_that_does_not_say_it_is_json_is_refused",
        "test_a_write_with_the_cookie_alone_is_refused_and_writes_nothing",
    ),
    30: ("the map of an upload", "test_an_upload_is_refused_before_its_map_is_read"),
    31: (
        "another site's WebSocket",
        "test_another_sites_page_is_refused_before_the_connection_opens",
        "test_a_host_name_that_is_not_ours_is_refused",
        "test_credentials_that_end_close_an_idle_connection_at_the_next_check",
    ),
    32: (
        "what we are made of, through errors",
        "test_what_is_no_id_is_null_for_every_query",
        "test_a_bug_is_masked_and_the_log_has_it_under_the_same_id",
        "test_without_a_database_the_answer_is_503_and_names_no_address",
    ),
    33: (
        "who has an account",
        "test_a_wrong_password_and_an_unknown_name_have_one_answer",
        "test_an_unknown_name_costs_a_hash_as_a_known_one_does",
        "test_a_forgotten_password_has_one_answer_for_known_and_unknown_addresses",
        "test_signing_up_has_one_answer_for_known_and_unknown_addresses",
    ),
    34: (
        "JSON that is none of ours",
        "test_tags_are_few_short_texts",
        "test_what_is_recorded_is_a_small_object_that_the_database_can_keep",
        "test_a_number_beyond_all_numbers_is_refused_as_a_literal_too",
        "test_the_database_refuses",
    ),
    35: (
        "a made-up address",
        "test_only_what_a_trusted_proxy_wrote_is_believed",
        "test_a_made_up_address_has_no_bucket_of_its_own",
        "test_an_address_cannot_be_made_up_by_a_header",
    ),
    36: (
        "a browser with a name of thirty kilobytes",
        "test_a_user_agent_loses_control_characters_and_what_is_longer_than_512",
    ),
    37: ("texts that no database keeps", "test_no_text_that_the_database_cannot_keep_reaches_it"),
    38: (
        "numbers that no column takes",
        "test_a_number_that_no_column_takes_is_refused",
        "test_the_largest_number_that_a_column_takes_is_accepted",
        "test_what_is_no_id_is_not_found_by_every_mutation",
    ),
    39: ("ninety-nine stars", "test_a_rating_outside_one_to_five_is_refused"),
    40: (
        "an address that runs a script",
        "test_a_notification_leads_nowhere_that_runs_or_leaves_unseen",
        "test_a_resource_is_reached_by_https_only",
    ),
    41: (
        "a token for more than it was made for",
        "test_every_root_field_names_a_scope_or_is_closed_to_tokens",
        "test_a_root_field_refuses_tokens_with_all_scopes_but_its_own",
    ),
    42: (
        "a hundred tries a second",
        "test_an_empty_bucket_is_429_and_nothing_is_executed",
        "test_bad_tokens_are_paid_by_their_address",
        "test_thirty_two_askers_at_once_draw_exactly_what_there_is",
        "test_after_five_wrong_passwords_the_right_one_has_to_wait",
    ),
    43: (
        "a forged line of the log",
        "test_a_name_that_would_forge_a_line_is_refused_and_not_logged",
        "test_nothing_in_a_record_begins_a_second_line_or_colours_the_first",
        "test_neither_variables_nor_literals_are_logged",
    ),
    44: (
        "a pattern that takes for ever",
        "test_no_filter_takes_a_pattern_or_an_operator",
        "test_a_search_is_words_and_never_a_pattern",
    ),
    45: ("an id of another type", "test_an_id_of_another_type_is_that_of_nothing_even_to_a_superuser"),
}
"""By number: what is threatened, and the tests."""


@cache
def all_tests() -> frozenset[str]:
    """The names of the test functions and methods of every file below tests/."""
    found = set()
    for path in (settings.BASE_DIR / "tests").rglob("test_*.py"):
        tree = ast.parse(path.read_text(encoding="utf-8"))
        functions = (
            each for each in ast.walk(tree) if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef)
        )
        found |= {each.name for each in functions if each.name.startswith("test_")}
    return frozenset(found)


def test_the_list_of_threats_is_complete() -> None:
    assert list(THREATS) == list(range(1, 46))


@pytest.mark.parametrize("number", THREATS)
def test_the_tests_of_the_threat_exist(number: int) -> None:
    _threat, *tests = THREATS[number]

    assert tests
    assert [test for test in tests if test not in all_tests()] == []
