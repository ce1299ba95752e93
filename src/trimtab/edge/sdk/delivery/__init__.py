"""From the agent to where it is read: encoded, masked, sent, kept on disk while nobody answers."""
