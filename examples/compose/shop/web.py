"""Takes orders, and hands them to whoever works on them."""

from collections import deque

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

waiting: deque[str] = deque()
packed: list[str] = []


async def health(_: Request) -> Response:
    return JSONResponse({"status": "ok"})


async def orders(request: Request) -> Response:
    """Take an order, or tell of those that are packed."""
    if request.method == "POST":
        waiting.append((await request.body()).decode())
    return JSONResponse({"waiting": list(waiting), "packed": packed})


async def work(request: Request) -> Response:
    """Hand an order out, or take back what was made of it."""
    if request.method == "POST":
        packed.append((await request.body()).decode())
    elif waiting:
        return Response(waiting.popleft())
    return Response(status_code=204)


app = Starlette(
    routes=[
        Route("/health", health),
        Route("/orders", orders, methods=["GET", "POST"]),
        Route("/work", work, methods=["GET", "POST"]),
    ]
)
