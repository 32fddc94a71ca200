"""The shop, for whoever works on it in a container."""

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import PlainTextResponse
from starlette.routing import Route


async def greet(_: Request) -> PlainTextResponse:
    return PlainTextResponse("welcome")


app = Starlette(routes=[Route("/", greet)])
