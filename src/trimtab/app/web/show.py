"""The demonstration in the console: play it, look at it, go back, delete it; forms that do what the API's routes do."""

from collections.abc import Awaitable, Callable

from starlette.requests import Request
from starlette.responses import RedirectResponse, Response

from trimtab.app.bootstrap import Server
from trimtab.app.demo import PROJECT as DEMO
from trimtab.app.http.access import caller_of, check_same_site, grant_by_cookie
from trimtab.app.http.api import operation_of, write
from trimtab.app.web.entry import KEY, PROJECT, grant_of, keep
from trimtab.app.web.frame import HEADERS
from trimtab.vocabulary.kernel import Missing, Refused, TrimtabError

HERE = "/demo"
DEEDS = {"play": "POST", "delete": "DELETE"}
"""What a form does -> the method of the route that does it."""


def admit(server: Server) -> Callable[[Request], Awaitable[Response]]:
    """The handler of a link to the demonstration: it lets in once, whoever comes first."""

    async def handle(request: Request) -> Response:
        key = server.stage.admit(request.path_params["token"])
        if key is None:
            return RedirectResponse("/sign-in?again=1", 303)
        answer = RedirectResponse("/", 303)
        keep(answer, request, KEY, key)
        keep(answer, request, PROJECT, "")
        return answer

    return handle


def doing(server: Server) -> Callable[[Request], Awaitable[Response]]:
    """The handler of the forms: plays and deletes as the API does, with its checks and its audit; looks, and goes back."""

    async def handle(request: Request) -> Response:
        check_same_site(server, request)
        deed = request.path_params["token"]
        if deed in ("look", "leave"):
            return move(server, request, DEMO if deed == "look" else "")
        if deed not in DEEDS:
            raise Missing("no such form", hint="go back and load the page again")
        grant, operation = grant_of(server, request), operation_of(DEEDS[deed], HERE)
        if not grant.owner:
            server.access.pace.take(grant.who)
        await write(server, request, operation, (grant, caller_of(server, request)), {})
        return RedirectResponse(HERE, 303, HEADERS)

    return handle


def move(server: Server, request: Request, project: str) -> Response:
    """Look at another project from now on, where whoever asks may; raises `Refused` for the key of another one."""
    key, token = request.cookies.get(KEY), caller_of(server, request).token
    try:
        if key:
            server.grant(f"Bearer {key}", project or None).require("read")
        elif project:
            grant_by_cookie(server, token, project)
    except TrimtabError as error:
        raise Refused(
            f"you may not look into the project {project}",
            hint=f"`trimtab keys create --project {project} --scopes read` makes a key to sign in with",
        ) from error
    answer = RedirectResponse("/", 303, HEADERS)
    keep(answer, request, PROJECT, project)
    return answer
