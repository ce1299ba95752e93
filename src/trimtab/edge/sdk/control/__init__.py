"""An edge that obeys: the control document of its agent, fetched, checked, kept, and at work on the contract.

fetch.py    asking the server, which answers when there is something new
kept.py     the last document, on disk
follower.py what is believed, and the contract under it
asking.py   asking people by way of the server
showing.py  the audit log, shown to the server, which signs what it has seen
watch.py    the thread that does so, in every process
"""
