"""A web service with settings from the environment and a draining shutdown."""

import asyncio
import contextlib
import os

from fastapi import FastAPI
from pydantic_settings import BaseSettings


class Settings(BaseSettings):
    """Each field is read from the variable of its name, as GREETING."""

    greeting: str = "hi"
    drain_seconds: float = 0


settings = Settings()


@contextlib.asynccontextmanager
async def lifespan(_: FastAPI):
    print("ready", flush=True)
    yield
    await asyncio.sleep(settings.drain_seconds)
    print("drained", flush=True)


app = FastAPI(lifespan=lifespan)


@app.get("/health")
async def health() -> dict[str, str]:
    return {"status": "ok"}


@app.get("/")
async def greet() -> dict[str, str | int]:
    return {"greeting": settings.greeting, "uid": os.getuid(), "pid": os.getpid()}


@app.get("/slow")
async def slow(seconds: float = 2) -> dict[str, bool]:
    print("a slow request begins", flush=True)
    await asyncio.sleep(seconds)
    return {"finished": True}
