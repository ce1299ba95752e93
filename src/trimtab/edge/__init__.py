"""Where the agent runs: light to import, and at work with no server in reach."""
