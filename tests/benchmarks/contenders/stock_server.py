"""strawberry-django as its documentation serves it: AsyncGraphQLView in the URLs of Django's ASGI application.

Started with `python -m tests.benchmarks.contenders.stock_server <port> <processes> [--fixed-threads]`. With the
option Django runs on four threads that keep their connections, which is better than what the documentation leads to.
"""

import os
import sys
from typing import Any

import django
import uvicorn
from django.conf import settings

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings")
FIXED_THREADS = "--fixed-threads" in sys.argv
THREADS = 4


def application() -> Any:
    """Django with one URL and without middleware."""
    django.setup()
    settings.ROOT_URLCONF = "tests.benchmarks.contenders.stock_urls"
    settings.MIDDLEWARE = []
    if not FIXED_THREADS:
        settings.DATABASES["default"]["CONN_MAX_AGE"] = 0
    from django.core.asgi import get_asgi_application

    if not FIXED_THREADS:
        return get_asgi_application()
    from schema.execution.django_threads import DjangoThreads

    return DjangoThreads(get_asgi_application(), threads=THREADS, waiting=settings.WAITING_REQUESTS)


if __name__ == "__main__":
    uvicorn.run(
        "tests.benchmarks.contenders.stock_server:application",
        factory=True,
        port=int(sys.argv[1]),
        workers=int(sys.argv[2]),
        http="httptools",
        lifespan="off",
        log_level="warning",
        access_log=False,
    )
