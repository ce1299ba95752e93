"""What agents must do now: directives, and the document that edges obey."""

from trimtab.app.http.control.directives import direct, list_directives, undo_directive
from trimtab.app.http.control.document import show_control, show_key

__all__ = ["direct", "list_directives", "show_control", "show_key", "undo_directive"]
