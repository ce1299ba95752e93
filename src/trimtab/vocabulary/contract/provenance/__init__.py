"""Where the values of a session come from.

forms.py       one form for what is written in many ways: case, width, invisible characters, links, accounts, numbers
layers.py      what a text hides: percent and base64 encoding, entities, invisible letters
links.py       links, addresses and account numbers in text, and the host of a link
names.py       names in text, and its sentences
origins.py     what users, prompts and tools said, and who said a value; session.py looks only when somebody asks
"""

from trimtab.vocabulary.contract.provenance.forms import key_of
from trimtab.vocabulary.contract.provenance.links import host_of, links_in
from trimtab.vocabulary.contract.provenance.origins import Origin
from trimtab.vocabulary.contract.provenance.session import Provenance

__all__ = ["Origin", "Provenance", "host_of", "key_of", "links_in"]
