"""The only place that knows everything: settings, wiring, HTTP, command line."""
