"""What the operator runs: contexts that read in one direction, from the store to the promise."""
