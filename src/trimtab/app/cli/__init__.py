"""The command line: a client of the API, of a running server or of one inside this process."""
