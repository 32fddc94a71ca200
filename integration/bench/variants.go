package main

// variant is one way to build the app.
type variant struct {
	name string
	// file is what -f names, text its content.
	// FRONTEND and DOCKERFILE are the frontends' images.
	file, text string
	// foreign is the text for another architecture, where the variant needs no
	// emulator for that.
	foreign string
}

func variants() []variant {
	return []variant{
		{"pybuild", "pybuild.toml", configuration, "# syntax=FRONTEND\npython = \"3.13\"\nbase = \"FOREIGN\"\n[serve]\napp = \"app.main:app\"\n"},
		{"expert", "Dockerfile", expert, ""},
		{"uv", "Dockerfile", documented, ""},
		{"pip", "Dockerfile", classic, ""},
	}
}

const configuration = "# syntax=FRONTEND\npython = \"3.13\"\n[serve]\napp = \"app.main:app\"\n"

// expert is what somebody writes who knows BuildKit well: code and environment
// apart, linked copies, bytecode, cache mounts, locks mounted and not copied.
const expert = `# syntax=DOCKERFILE
FROM python:3.13-slim AS build
COPY --from=astral/uv:0.13.9 /uv /bin/uv
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never UV_PROJECT_ENVIRONMENT=/venv
WORKDIR /src
RUN --mount=type=cache,target=/root/.cache/uv --mount=type=bind,source=uv.lock,target=uv.lock \
    --mount=type=bind,source=pyproject.toml,target=pyproject.toml \
    uv sync --frozen --no-dev --no-install-project
FROM python:3.13-slim AS code
WORKDIR /app
COPY app app
RUN python -m compileall -q app
FROM python:3.13-slim
RUN useradd --uid 1001 --no-create-home appuser
COPY --link --from=build /venv /venv
COPY --link --from=code /app /app
WORKDIR /app
ENV PATH=/venv/bin:$PATH PYTHONUNBUFFERED=1
USER 1001
EXPOSE 8000
CMD ["uvicorn", "app.main:app", "--host", "0.0.0.0", "--port", "8000"]
`

// documented follows uv's guide for multistage builds.
const documented = `# syntax=DOCKERFILE
FROM python:3.13-slim AS builder
COPY --from=astral/uv:0.13.9 /uv /bin/uv
ENV UV_COMPILE_BYTECODE=1 UV_LINK_MODE=copy UV_PYTHON_DOWNLOADS=never
WORKDIR /app
RUN --mount=type=cache,target=/root/.cache/uv --mount=type=bind,source=uv.lock,target=uv.lock \
    --mount=type=bind,source=pyproject.toml,target=pyproject.toml \
    uv sync --locked --no-install-project --no-dev
COPY . /app
RUN --mount=type=cache,target=/root/.cache/uv uv sync --locked --no-dev
FROM python:3.13-slim
RUN useradd --uid 1001 --no-create-home appuser
COPY --from=builder --chown=appuser:appuser /app /app
WORKDIR /app
ENV PATH=/app/.venv/bin:$PATH
USER appuser
EXPOSE 8000
CMD ["uvicorn", "app.main:app", "--host", "0.0.0.0", "--port", "8000"]
`

// classic is the two-stage Dockerfile with pip.
const classic = `# syntax=DOCKERFILE
FROM python:3.13-slim AS builder
RUN python -m venv /venv
COPY requirements.txt .
RUN /venv/bin/pip install --no-cache-dir -r requirements.txt
FROM python:3.13-slim
RUN useradd --uid 1001 --no-create-home appuser
COPY --from=builder /venv /venv
WORKDIR /app
COPY . .
ENV PATH=/venv/bin:$PATH
USER appuser
EXPOSE 8000
CMD ["uvicorn", "app.main:app", "--host", "0.0.0.0", "--port", "8000"]
`
