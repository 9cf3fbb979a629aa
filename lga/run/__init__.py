"""From a config to a finished record: build, execute, resume, launch."""
