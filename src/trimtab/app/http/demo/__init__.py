"""The demonstration over the API: play it into a project of its own, see how far it is, delete it."""

from trimtab.app.http.demo.playing import delete_demo, play_demo, show_demo

__all__ = ["delete_demo", "play_demo", "show_demo"]
