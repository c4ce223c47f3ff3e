# One image for every process: the web server is its default, worker and beat are other commands (see compose.yaml).
# Stage 1 installs the requirements and collects the static files; stage 2 has neither pip's cache nor build tools.
# To build on one exact image: docker build --build-arg PYTHON_IMAGE=python:3.12-slim-bookworm@sha256:… (docs/supply.md)
ARG PYTHON_IMAGE=python:3.12-slim-bookworm
FROM ${PYTHON_IMAGE} AS build
ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PYTHONDONTWRITEBYTECODE=1
RUN python -m venv /opt/venv
ENV PATH=/opt/venv/bin:$PATH
COPY requirements.lock /tmp/requirements.lock
RUN pip install --require-hashes --only-binary :all: --requirement /tmp/requirements.lock
WORKDIR /app
COPY . .
# The settings want these named; collecting static files connects to none of them.
RUN DGX_SECRET_KEY=only-to-collect-static-files DATABASE_URL=postgres://build/build REDIS_URL=redis://build S3_BUCKET=build \
    python manage.py collectstatic --noinput

FROM ${PYTHON_IMAGE}
# pg_dump and pg_restore, for `manage.py backup` and `restore`: of PostgreSQL's own archive, since they must not be older
# than the server
RUN apt-get update \
    && apt-get install --yes --no-install-recommends postgresql-common ca-certificates \
    && /usr/share/postgresql-common/pgdg/apt.postgresql.org.sh -y \
    && apt-get install --yes --no-install-recommends postgresql-client-18 \
    && rm -rf /var/lib/apt/lists/*
RUN useradd --system --uid 10001 --home-dir /app --shell /usr/sbin/nologin dgx \
    && install --directory --owner dgx --group dgx --mode 700 /scratch
ENV PATH=/opt/venv/bin:$PATH PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 \
    DGX_HOST=0.0.0.0 PORT=8005 TMPDIR=/scratch
COPY --from=build /opt/venv /opt/venv
COPY --from=build /app /app
WORKDIR /app
# The only folder that DGX writes to: uploads while they come in, media while they are looked at. All else may be read-only.
VOLUME /scratch
USER dgx
EXPOSE 8005
STOPSIGNAL SIGTERM
# 127.0.0.1 has to be among DGX_ALLOWED_HOSTS for this.
HEALTHCHECK --interval=15s --timeout=5s --start-period=30s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen('http://127.0.0.1:' + os.environ['PORT'] + '/health', timeout=4)"]
CMD ["sh", "-c", "exec env MALLOC_ARENA_MAX=2 python -m dgx.web --host ${DGX_HOST:-127.0.0.1} --port ${PORT:-8005} --workers ${WEB_CONCURRENCY:-2} --threads ${WEB_THREADS:-4} --transfers ${WEB_TRANSFERS:-4} --connections ${WEB_CONNECTIONS:-4096} --wait ${WEB_WAIT_S:-10} --device-wait ${WEB_DEVICE_WAIT_S:-20} --body-wait ${WEB_BODY_WAIT_S:-10} --download-wait ${WEB_DOWNLOAD_WAIT_S:-30} --idle ${WEB_IDLE_S:-12}"]
