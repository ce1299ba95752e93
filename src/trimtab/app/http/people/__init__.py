"""People over the API: signing in and out, who there is and what they may do, and what was done."""

from trimtab.app.http.people.logs import list_logs, list_seen, see_log
from trimtab.app.http.people.signing import (
    change_password,
    show_me,
    show_ways,
    show_welcome,
    sign_in,
    sign_out,
    welcome,
)
from trimtab.app.http.people.users import (
    change_user,
    invite,
    list_audit,
    list_users,
    new_link,
    remove_user,
    show_user,
)

__all__ = [
    "change_password",
    "change_user",
    "invite",
    "list_audit",
    "list_logs",
    "list_seen",
    "list_users",
    "new_link",
    "remove_user",
    "see_log",
    "show_me",
    "show_user",
    "show_ways",
    "show_welcome",
    "sign_in",
    "sign_out",
    "welcome",
]
