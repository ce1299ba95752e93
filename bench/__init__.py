"""Measurements of Trimtab beside its targets, its floors and its peers; run with `python -m bench`."""
