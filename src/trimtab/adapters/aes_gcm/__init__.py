"""AES-256-GCM by `cryptography`, which the extra `audit` brings.

vault.py   a key for each subject, in a file; without it what was sealed is noise
"""

from trimtab.adapters.aes_gcm.vault import AesVault

__all__ = ["AesVault"]
