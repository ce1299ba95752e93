"""Commands of what is promised: objectives, alerts, incidents."""
