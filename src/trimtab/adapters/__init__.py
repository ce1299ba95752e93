"""One folder per technology; only the bootstrap builds them."""
