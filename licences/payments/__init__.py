"""Money that somebody else collects for us: pages to pay on, messages that come, and bills mirrored in the ledger."""
