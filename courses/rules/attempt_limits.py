"""How many attempts there are, and what a finished one shows its learner."""


def attempts_left(*, max_attempts: int, used: int) -> int:
    """Return how many attempts may still be started; an open attempt counts as used."""
    return max(0, max_attempts - used)


def may_start(*, max_attempts: int, used: int, has_open: bool) -> bool:
    """Whether starting leads to an attempt: an open one is resumed, so it never uses up another."""
    return has_open or attempts_left(max_attempts=max_attempts, used=used) > 0


def results_visible(*, is_completed: bool, show_results: bool) -> bool:
    """Whether a learner sees score, pass mark, results per question and feedback of an attempt."""
    return is_completed and show_results


def answer_key_visible(
    *,
    is_completed: bool,
    show_correct_answers: bool,
    max_attempts: int,
    used: int,
    has_open: bool,
    is_withdrawn: bool,
) -> bool:
    """Whether a learner sees right answers, accepted texts and explanations of an attempt.

    Only once no further attempt can profit from them: all attempts used up, or the learner withdrawn, and no
    attempt still open.
    """
    if not is_completed or not show_correct_answers or has_open:
        return False
    return is_withdrawn or attempts_left(max_attempts=max_attempts, used=used) == 0
