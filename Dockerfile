# Two images from one file:
#   docker build --target agent  -t claudios-agent .     the agent, with the Claude CLI
#   docker build --target server -t claudios-server .    the server, with the page
# docker-compose.example.yml shows both at work.

FROM node:20-slim AS page
WORKDIR /build/web
COPY web/package.json web/package-lock.json web/.npmrc ./
RUN npm ci --no-audit --no-fund
COPY web/ ./
RUN npm run build

FROM python:3.11-slim AS base
ENV PYTHONUNBUFFERED=1 PIP_DISABLE_PIP_VERSION_CHECK=1 PIP_NO_CACHE_DIR=1
RUN useradd --create-home --uid 10001 claudios
WORKDIR /build

FROM base AS packed
COPY requirements/ requirements/
RUN pip install --require-hashes --requirement requirements/run.txt
COPY pyproject.toml hatch_build.py README.md LICENSE ./
COPY scripts/ scripts/
COPY src/ src/
COPY --from=page /build/src/claudios/server/web/page/ src/claudios/server/web/page/
RUN pip wheel --no-deps --no-build-isolation --wheel-dir /wheels .

FROM base AS agent
COPY requirements/agent.txt /tmp/agent.txt
RUN apt-get update && apt-get install --yes --no-install-recommends git && rm -rf /var/lib/apt/lists/* \
    && pip install --require-hashes --requirement /tmp/agent.txt && rm /tmp/agent.txt \
    && ln -s "$(python -c 'import claude_agent_sdk, pathlib; print(pathlib.Path(claude_agent_sdk.__file__).parent / "_bundled" / "claude")')" /usr/local/bin/claude
COPY --from=packed /wheels /wheels
RUN pip install --no-deps /wheels/*.whl && rm -r /wheels \
    && mkdir -p /work /state && chown claudios:claudios /work /state
USER claudios
WORKDIR /work
ENV XDG_STATE_HOME=/state
VOLUME ["/work", "/state"]
# SERVER_URL and AGENT_TOKEN come from the environment, or --config names a file.
ENTRYPOINT ["claudios", "agent"]

FROM base AS server
COPY requirements/run.txt /tmp/server.txt
RUN pip install --require-hashes --requirement /tmp/server.txt && rm /tmp/server.txt
COPY --from=packed /wheels /wheels
RUN pip install --no-deps /wheels/*.whl && rm -r /wheels \
    && mkdir -p /state && chown claudios:claudios /state
USER claudios
WORKDIR /state
ENV XDG_STATE_HOME=/state
VOLUME ["/state"]
EXPOSE 3000
HEALTHCHECK CMD ["python", "-c", "import urllib.request; urllib.request.urlopen('http://127.0.0.1:3000/readyz', timeout=3)"]
# TLS ends at the proxy in front of it.
ENTRYPOINT ["claudios", "server", "--host", "0.0.0.0", "--port", "3000", "--behind-proxy"]
