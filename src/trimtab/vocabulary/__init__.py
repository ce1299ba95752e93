"""What we say: the words that the edge and the loop share, with no input or output of their own."""
