"""Show runs: one offline page, and W&B's workspaces and reports."""
