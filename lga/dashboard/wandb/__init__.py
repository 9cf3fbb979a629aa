"""The paper's tables on W&B: a workspace view for each table and one report, for runs that were uploaded.

`panels`, `views` and `publish` need the library `wandb-workspaces`; nothing else in the project does.
"""
