"""Routes: the demonstration."""

from trimtab.app.http import demo
from trimtab.app.http.api.declare import Operation, whole

SHOWN = (
    Operation(method="GET", path="/demo", scope="read", use=demo.show_demo),
    Operation(
        method="POST",
        path="/demo",
        scope="admin",
        use=demo.play_demo,
        takes=(whole("seed", "Chance in the story; the same seed, the same story.", default=7),),
    ),
    Operation(method="DELETE", path="/demo", scope="admin", use=demo.delete_demo),
)
