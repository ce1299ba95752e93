"""What each page asks, and how the answers are put together."""
