"""Many writers at one moment, on connections of their own: for tests with a transactional database."""

from collections.abc import Callable
from threading import Barrier, Thread

from django.db import connection

WRITERS = 32


def at_once(work: Callable[[int], None], writers: int = WRITERS) -> list[Exception]:
    """Run `work(0)`, `work(1)`, ... in a thread each, let go by a barrier; return what they raised."""
    barrier, raised = Barrier(writers), []

    def run(number: int) -> None:
        try:
            barrier.wait(timeout=30)
            work(number)
        except Exception as error:  # noqa: BLE001 - judged by the test, in its own thread
            raised.append(error)
        finally:
            connection.close()

    threads = [Thread(target=run, args=[number]) for number in range(writers)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return raised
