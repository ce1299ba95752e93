"""What a person sees of an answer: tables, trees, numbers."""
